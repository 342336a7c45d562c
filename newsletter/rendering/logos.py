"""A logo in the head of a mail, by day and by night; without one the name stands in letters.

It is the organisation's own file, shown as it is. None comes with the program: an official mark is
not to be imitated, and letters can be read by everybody.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.content import PictureContent
from newsletter.errors import RenderingError
from newsletter.templates_folder import TemplatesFolder
from subscribers.wording import Sentence

#: Pixels in the mail. Smaller could not be made out; wider would not fit a small phone.
LOWEST, WIDEST = 24, 270
#: Bytes: it is fetched with every mail.
LARGEST = 100_000
_NAMES = ("alt", "dark", "light", "width")
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}

Refuse = Callable[[Sentence], RenderingError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """Two pictures of the same, one for each ground."""

    light: PictureContent
    dark: PictureContent
    #: Pixels in the mail.
    width: int
    #: What is in the files, by the hash the pictures have.
    files: Mapping[str, bytes]

    def height(self, picture: PictureContent) -> int:
        """Return how high a picture is when it is as wide as it should be."""
        return round(picture.height * self.width / picture.width)


def read_logo(templates: TemplatesFolder, values: Any, refuse: Refuse) -> Logo:
    """Return the logo of a theme's table `logo`; its files lie beside the theme.

    Raises what `refuse` makes of a problem; SettingsError: a file is not there.
    """
    if not isinstance(values, dict):
        raise refuse(Sentence("{name} is not a table.", name="logo"))
    for name in sorted({*values, *_NAMES}):
        if name not in values:
            raise refuse(Sentence("{name} is missing.", name=f"logo.{name}"))
        if name not in _NAMES:
            raise refuse(Sentence("It has no meaning for {name}.", name=f"logo.{name}"))
    if not str(values["alt"]).strip():
        raise refuse(Sentence("logo.alt says nothing. Write whose logo it is."))
    width = values["width"]
    if type(width) is not int or not LOWEST <= width <= WIDEST:
        raise refuse(
            Sentence("logo.width is not between {least} and {most}.", least=LOWEST, most=WIDEST)
        )
    files = {
        name: templates.find(f"themes/{values[name]}").read_bytes() for name in ("light", "dark")
    }
    light, dark = (
        _picture(f"logo.{name}", content, str(values["alt"]), refuse)
        for name, content in files.items()
    )
    logo = Logo(
        light=light,
        dark=dark,
        width=width,
        files={light.sha256: files["light"], dark.sha256: files["dark"]},
    )
    if min(logo.height(light), logo.height(dark)) < LOWEST:
        raise refuse(
            Sentence("The logo is lower than {least} pixels. Make it wider.", least=LOWEST)
        )
    return logo


def _picture(name: str, content: bytes, alt: str, refuse: Refuse) -> PictureContent:
    if len(content) > LARGEST:
        raise refuse(Sentence("{name} is larger than {n} KB.", name=name, n=LARGEST // 1000))
    # Large, and only needed where there is a logo: a process that sends does not.
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            media_type = _MEDIA_TYPES.get(picture.format or "")
            width, height = picture.size
    except (UnidentifiedImageError, OSError):
        media_type = None
    if media_type is None:
        raise refuse(Sentence("{name} is no PNG, JPEG or GIF.", name=name))
    return PictureContent(
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        width=width,
        height=height,
        alt=alt,
    )
