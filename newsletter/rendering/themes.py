"""A theme: the colours and type sizes of a mail, refused where somebody could not read it.

Themes are data, `templates/themes/<name>.toml`; what each colour is for stands there.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from newsletter.errors import RenderingError
from newsletter.templates_folder import TemplatesFolder
from subscribers.wording import Sentence

#: WCAG 2.2, 1.4.3: text against what it stands on. Large text could do with 3; we do not use that.
TEXT_CONTRAST = 4.5
#: WCAG 2.2, 1.4.11: lines and controls.
LINE_CONTRAST = 3.0
#: Pixels; nothing is smaller, and running text is not smaller than `BODY_SIZE`.
SMALLEST_SIZE = 14
BODY_SIZE = 16
#: Line height of running text over its size (WCAG 2.2, 1.4.12).
BODY_LINE = 1.5

_TEXT_PAIRS = (
    *((ink, ground) for ink in ("text", "link") for ground in ("page", "card", "tint", "notice")),
    ("muted", "page"),
    ("muted", "card"),
    ("band_text", "band"),
    ("band_muted", "band"),
    ("button_text", "button"),
)
_LINE_PAIRS = (("rule", "card"), ("accent", "band"), ("button", "card"))
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
#: Names of fonts and nothing that could end the style they stand in.
_FONT = re.compile(r"[A-Za-z][A-Za-z0-9 ,-]*")

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours as #RRGGBB, by use."""

    page: str
    card: str
    tint: str
    band: str
    notice: str
    text: str
    muted: str
    link: str
    band_text: str
    band_muted: str
    button: str
    button_text: str
    rule: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSize:
    """Size and line height, in pixels."""

    size: int
    line: int
    phone_size: int
    phone_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeScale:
    """Type sizes, by use."""

    title: TypeSize
    section: TypeSize
    top_story: TypeSize
    story: TypeSize
    text: TypeSize
    small: TypeSize


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How a mail looks, by day and by night."""

    name: str
    #: Font family, for CSS.
    font: str
    light: Palette
    dark: Palette
    type: TypeScale


def load_theme(templates: TemplatesFolder, name: str) -> Theme:
    """Return the theme `themes/<name>.toml`.

    Raises SettingsError: there is no such theme; RenderingError: something is missing, misspelt,
    too small, or cannot be told from what it stands on.
    """
    file = f"themes/{name}.toml"
    try:
        values = tomllib.loads(templates.find(file).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(file, Sentence("It is not valid TOML: {cause}.", cause=str(error))) from None
    theme = _read(Theme, values, file)
    for problem in _problems(theme):
        raise _refused(file, problem)
    return theme


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


def _read(kind: type[_Part], values: Any, file: str, at: str = "") -> _Part:
    types = {"light": Palette, "dark": Palette, "type": TypeScale}
    if not isinstance(values, dict):
        raise _refused(file, Sentence("{name} is not a table.", name=at))
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for name in sorted(set(values) ^ set(names)):
        if name in values:
            raise _refused(file, Sentence("It has no meaning for {name}.", name=at + name))
        raise _refused(file, Sentence("{name} is missing.", name=at + name))
    if kind is TypeScale:
        types = dict.fromkeys(names, TypeSize)
    parts = {
        name: _read(types[name], value, file, f"{at}{name}.") if name in types else value
        for name, value in values.items()
    }
    return kind(**parts)


def _problems(theme: Theme) -> Iterator[Sentence]:
    if not isinstance(theme.font, str) or not _FONT.fullmatch(theme.font):
        yield Sentence("font is not a list of font names.")
    for scheme, palette in (("light", theme.light), ("dark", theme.dark)):
        yield from _problems_of_colours(scheme, palette)
    yield from _problems_of_type(theme.type)


def _problems_of_colours(scheme: str, palette: Palette) -> Iterator[Sentence]:
    colours: dict[str, str] = dataclasses.asdict(palette)
    for name, colour in colours.items():
        if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            yield Sentence("{name} is not a colour like #005C95.", name=f"{scheme}.{name}")
            return
    for pairs, least in ((_TEXT_PAIRS, TEXT_CONTRAST), (_LINE_PAIRS, LINE_CONTRAST)):
        for over, under in pairs:
            ratio = contrast(colours[over], colours[under])
            if ratio < least:
                yield Sentence(
                    "{over} on {under} has a contrast of {ratio}; it must be at least {least}.",
                    over=f"{scheme}.{over}",
                    under=f"{scheme}.{under}",
                    # Rounded down: 4.496 is not 4.5.
                    ratio=int(ratio * 100) / 100,
                    least=least,
                )


def _problems_of_type(scale: TypeScale) -> Iterator[Sentence]:
    for role in dataclasses.fields(scale):
        sizes: TypeSize = getattr(scale, role.name)
        least = BODY_SIZE if role.name == "text" else SMALLEST_SIZE
        for size, line in ((sizes.size, sizes.line), (sizes.phone_size, sizes.phone_line)):
            if type(size) is not int or type(line) is not int:
                yield Sentence("type.{name} is not whole pixels.", name=role.name)
            elif size < least:
                yield Sentence(
                    "type.{name} is {size} pixels; it must be at least {least}.",
                    name=role.name,
                    size=size,
                    least=least,
                )
            elif line < size * (BODY_LINE if role.name in ("text", "small") else 1.2):
                yield Sentence(
                    "type.{name} has lines of {line} pixels, too low for letters of {size}.",
                    name=role.name,
                    line=line,
                    size=size,
                )


def _refused(file: str, problem: Sentence) -> RenderingError:
    return RenderingError(
        "The theme {file} cannot be used. {problem} Nothing was rendered. "
        "Mend the theme, or choose another with the setting newsletter.theme.",
        file=file,
        problem=problem,
    )
