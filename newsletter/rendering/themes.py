"""A theme: the colours and type sizes of a mail, refused where somebody could not read it.

Themes are data, `templates/themes/<name>.toml`; what each colour is for stands there.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from newsletter.errors import RenderingError
from newsletter.rendering.contrast import Pair, pairs
from newsletter.rendering.logos import Logo, read_logo
from newsletter.templates_folder import TemplatesFolder
from subscribers.wording import Sentence

#: Pixels; nothing is smaller, and running text is not smaller than `BODY_SIZE`.
SMALLEST_SIZE = 14
BODY_SIZE = 16
#: Line height of running text over its size (WCAG 2.2, 1.4.12).
BODY_LINE = 1.5

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
    #: None: the organisation's name in letters.
    logo: Logo | None = None

    @property
    def pairs(self) -> list[Pair]:
        """Every pair of colours that meets in a mail, by day, then by night."""
        return [
            pair
            for scheme, palette in (("light", self.light), ("dark", self.dark))
            for pair in pairs(scheme, dataclasses.asdict(palette))
        ]


def load_theme(templates: TemplatesFolder, name: str) -> Theme:
    """Return the theme `themes/<name>.toml`, in which everything can be read.

    Raises SettingsError: there is no such theme; RenderingError: something is missing, misspelt,
    too small, or cannot be told from what it stands on.
    """
    theme = read_theme(templates, name)
    for pair in theme.pairs:
        if not pair.can_be_told_apart:
            raise _refused(
                _file(name),
                Sentence(
                    "{over} on {under} has a contrast of {ratio}; it must be at least {least}.",
                    over=f"{pair.scheme}.{pair.over}",
                    under=f"{pair.scheme}.{pair.under}",
                    ratio=pair.ratio,
                    least=pair.least,
                ),
            )
    return theme


def read_theme(templates: TemplatesFolder, name: str) -> Theme:
    """Return a theme to look at, whether or not its colours can be told apart.

    Raises SettingsError, RenderingError: as `load_theme`, but for the colours.
    """
    file = _file(name)
    try:
        values = tomllib.loads(templates.find(file).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(file, Sentence("It is not valid TOML: {cause}.", cause=str(error))) from None
    drawn = values.pop("logo", None)
    theme = _read(Theme, values, file)
    for problem in _problems(theme):
        raise _refused(file, problem)
    if drawn is None:
        return theme
    return dataclasses.replace(theme, logo=read_logo(templates, drawn, partial(_refused, file)))


def theme_names(templates: TemplatesFolder) -> list[str]:
    """Return the names of all themes there are, ours and the organisation's own."""
    return sorted(
        {file.stem for folder in templates.folders for file in folder.glob("themes/*.toml")}
    )


def _file(name: str) -> str:
    return f"themes/{name}.toml"


def _read(kind: type[_Part], values: Any, file: str, at: str = "") -> _Part:
    types = {"light": Palette, "dark": Palette, "type": TypeScale}
    if not isinstance(values, dict):
        raise _refused(file, Sentence("{name} is not a table.", name=at))
    names = [
        field.name
        for field in dataclasses.fields(kind)  # type: ignore[arg-type]
        if field.default is dataclasses.MISSING
    ]
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
