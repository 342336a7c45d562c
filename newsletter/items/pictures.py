"""Make pictures fit for mail: checked, upright, small, and silent about where they were taken.

A picture is always encoded anew, so that nothing but its pixels is kept: no position, no camera,
no bytes after its end. It is never cropped; that is the photographer's to allow.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.errors import SourceError
from newsletter.items.files import read_at_most
from newsletter.models import Picture
from newsletter.rendering.logos import Logo

#: Bytes. A photo straight from a camera is smaller.
LARGEST_FILE = 10 * 1024 * 1024
#: Pixels, width times height: a small file can unfold to gigabytes.
MOST_PIXELS = 50_000_000
#: Pixels. Twice the width of the card in a mail, for sharp screens.
WIDEST = 1200
#: Bytes that a photo should stay below: readers are on phones.
GOOD_SIZE = 200 * 1024
#: Tried in turn until a photo is below `GOOD_SIZE`; below 65 it would show.
QUALITIES = (85, 80, 75, 70, 65)

#: MPO is what telephones write: a JPEG with a second picture behind it.
_JPEG = {"JPEG", "MPO"}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPicture:
    """A picture that may go into a mail."""

    content: bytes
    #: "image/jpeg", "image/png" or "image/gif".
    media_type: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """What it is stored and found by."""
        return hashlib.sha256(self.content).hexdigest()


def read(file: Path) -> bytes:
    """Return the bytes of a picture file, or of standard input for `-`.

    Raises SourceError: the file is missing, a folder, or closed to us.
    """
    return read_at_most(file, LARGEST_FILE)


def store(session: Session, ready: FitPicture, *, now: datetime) -> Picture:
    """Store a picture that was made fit, and return it; the same one only once."""
    stored = session.get(Picture, ready.sha256)
    if stored is None:
        stored = Picture(
            sha256=ready.sha256,
            media_type=ready.media_type,
            width=ready.width,
            height=ready.height,
            content=ready.content,
            created_at=now,
        )
        session.add(stored)
        session.flush()
    return stored


def keep_logo(database: Database, logo: Logo, *, now: datetime) -> None:
    """Keep the two pictures of a logo where readers' programs fetch pictures.

    As they are, and for good: mails go on pointing at them after the theme has changed.
    """
    with database.reading() as session:
        missing = [
            picture
            for picture in (logo.light, logo.dark)
            if session.get(Picture, picture.sha256) is None
        ]
    if not missing:
        return
    with database.writing() as session:
        for picture in missing:
            session.merge(
                Picture(
                    sha256=picture.sha256,
                    media_type=picture.media_type,
                    width=picture.width,
                    height=picture.height,
                    content=logo.files[picture.sha256],
                    created_at=now,
                )
            )


def fit(raw: bytes) -> FitPicture:
    """Return a picture made fit for mail; the same bytes always give the same picture.

    Raises SourceError: larger than `LARGEST_FILE` or `MOST_PIXELS`, no JPEG, PNG or GIF, broken,
    or moving.
    """
    if len(raw) > LARGEST_FILE:
        raise SourceError(
            "The picture is larger than {n} MB. Nothing was stored. Save it smaller, at most "
            "{width} pixels wide, and try again.",
            n=LARGEST_FILE // 1024**2,
            width=WIDEST,
        )
    try:
        with warnings.catch_warnings():
            # We draw our own line, well below Pillow's.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw)) as picture:
                _check(picture)
                return _encoded(_upright_and_small(picture), as_format=picture.format or "")
    except SourceError:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise SourceError(
            "This is no picture we know. Nothing was stored. Use a JPEG, PNG or GIF file."
        ) from None
    except Exception as error:
        # Pillow's decoders meet broken files with errors of many kinds; none is ours to tell apart.
        raise SourceError(
            "The picture is broken or incomplete. Nothing was stored. "
            "Open it in a picture program, save it again and try that file."
        ) from error


def _check(picture: Image.Image) -> None:
    if picture.format not in {*_JPEG, "PNG", "GIF"}:
        raise SourceError(
            "Pictures of the kind {kind} are not shown by all mail programs. Nothing was stored. "
            "Save it as JPEG (photos) or PNG (drawings) and try that file.",
            kind=picture.format,
        )
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_many_pixels()
    if picture.format not in _JPEG and getattr(picture, "n_frames", 1) > 1:
        raise SourceError(
            "The picture moves. Nothing was stored, for not everybody can read beside something "
            "that moves, and some mail programs show only its beginning. Save one frame of it as "
            "PNG and try that file."
        )


def _upright_and_small(picture: Image.Image) -> Image.Image:
    """Return the pixels alone: turned as the camera was held, in sRGB, no wider than `WIDEST`."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        # Pillow would cut the lighter half of a 16-bit grey scale to white.
        upright = upright.point(lambda grey: grey / 256).convert("L")
    has_alpha = upright.has_transparency_data
    profile = upright.info.get("icc_profile")
    plain = upright.convert("RGBA" if has_alpha else "RGB")
    if profile and upright.mode in {"RGB", "RGBA", "CMYK"}:
        plain = _in_srgb(upright, plain, profile)
    if plain.width > WIDEST:
        height = max(1, round(plain.height * WIDEST / plain.width))
        plain = plain.resize((WIDEST, height), Image.Resampling.LANCZOS)
    # A fresh picture, since the old one carries the file's remarks with it.
    pixels = Image.new(plain.mode, plain.size)
    pixels.paste(plain)
    return pixels


def _in_srgb(upright: Image.Image, plain: Image.Image, profile: bytes) -> Image.Image:
    # Without its profile a photo from a telephone would be shown in other colours.
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(upright, source, _SRGB, outputMode=plain.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return plain
    return converted or plain


def _encoded(picture: Image.Image, *, as_format: str) -> FitPicture:
    if as_format in _JPEG:
        content = _small_jpeg(picture)
        media_type = "image/jpeg"
    else:
        stream = io.BytesIO()
        picture.save(stream, as_format, optimize=True)
        content, media_type = stream.getvalue(), f"image/{as_format.lower()}"
    return FitPicture(
        content=content, media_type=media_type, width=picture.width, height=picture.height
    )


def _small_jpeg(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality, optimize=True, progressive=True)
        if stream.tell() <= GOOD_SIZE:
            break
    return stream.getvalue()


def _too_many_pixels() -> SourceError:
    return SourceError(
        "The picture has more than {n} million pixels. Nothing was stored. "
        "Save it smaller, at most {width} pixels wide, and try again.",
        n=MOST_PIXELS // 1_000_000,
        width=WIDEST,
    )
