"""Which colours of a mail meet, and how well they can be told apart (WCAG 2.2).

What stands here is what the templates do: a new use of a colour is a new row in `_MEETINGS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: WCAG 2.2, 1.4.3: text against what it stands on. Large text could do with 3; we do not use that.
TEXT_CONTRAST = 4.5
#: WCAG 2.2, 1.4.11: lines and controls against what is beside them.
LINE_CONTRAST = 3.0

_GROUNDS = ("page", "card", "tint", "notice")
_MEETINGS = (
    *(("text", ground, TEXT_CONTRAST) for ground in _GROUNDS),
    *(("link", ground, TEXT_CONTRAST) for ground in _GROUNDS),
    *(("muted", ground, TEXT_CONTRAST) for ground in ("page", "card", "tint")),
    ("band_text", "band", TEXT_CONTRAST),
    ("band_muted", "band", TEXT_CONTRAST),
    ("button_text", "button", TEXT_CONTRAST),
    ("rule", "card", LINE_CONTRAST),
    ("accent", "band", LINE_CONTRAST),
    ("button", "card", LINE_CONTRAST),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two colours that meet in a mail."""

    #: "light" or "dark".
    scheme: str
    #: The use of the one in front, "text".
    over: str
    #: The use of the one behind, "card".
    under: str
    #: As #RRGGBB.
    over_colour: str
    under_colour: str
    #: The contrast WCAG asks for.
    least: float

    @property
    def ratio(self) -> float:
        """The contrast there is, rounded down: 4.496 is not 4.5."""
        return int(contrast(self.over_colour, self.under_colour) * 100) / 100

    @property
    def is_text(self) -> bool:
        """Whether it is letters; else a line or a control."""
        return self.least == TEXT_CONTRAST

    @property
    def can_be_told_apart(self) -> bool:
        """Whether the contrast is enough."""
        return self.ratio >= self.least


def pairs(scheme: str, colours: Mapping[str, str]) -> list[Pair]:
    """Return every pair of a palette that meets in a mail; `colours` by their use."""
    return [
        Pair(
            scheme=scheme,
            over=over,
            under=under,
            over_colour=colours[over],
            under_colour=colours[under],
            least=least,
        )
        for over, under, least in _MEETINGS
    ]


def contrast(one: str, other: str) -> float:
    """Return how well two colours can be told apart, 1 to 21 (WCAG 2.2, contrast ratio).

    >>> round(contrast("#005C95", "#FFFFFF"), 2)
    7.08
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
