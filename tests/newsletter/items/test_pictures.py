from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from newsletter.database import Database
from newsletter.errors import SourceError
from newsletter.items import editing, pictures, store
from newsletter.models import Picture
from tests.newsletter.items.pages import draft, unhurried

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
#: Tags of EXIF: orientation, maker, position.
ORIENTATION, MAKER, POSITION = 0x0112, 0x010F, 0x8825


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def drawn(width: int = 300, height: int = 200, mode: str = "RGB") -> Image.Image:
    """A picture with a light left half and a dark right one."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("navy", (width // 2, 0, width, height))
    return picture.convert(mode)


def opened(picture: pictures.FitPicture) -> Image.Image:
    return Image.open(io.BytesIO(picture.content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_pictures_that_every_mail_program_shows_are_taken(kind: str) -> None:
    picture = pictures.fit(encoded(drawn(), kind))

    assert picture.media_type == f"image/{kind.lower()}"
    assert (picture.width, picture.height) == opened(picture).size == (300, 200)
    assert opened(picture).format == kind


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "RGBA", "LA"])
def test_colours_of_all_kinds_are_shown_as_they_were(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"

    shown = opened(pictures.fit(encoded(drawn(mode=mode), kind))).convert("L")

    assert shown.getpixel((10, 100)) == pytest.approx(255, abs=4)
    assert shown.getpixel((290, 100)) == pytest.approx(14, abs=16)


def test_sixteen_bits_of_grey_do_not_turn_white() -> None:
    grey = Image.frombytes("I;16", (20, 20), (0x8000).to_bytes(2, "little") * 400)

    shown = opened(pictures.fit(encoded(grey, "PNG"))).convert("L")

    assert shown.getpixel((5, 5)) == 0x80


def test_where_and_with_what_a_photo_was_taken_is_left_out() -> None:
    exif = Image.Exif()
    exif[MAKER] = "Exempelkameran"
    exif[POSITION] = {1: "N", 2: (57.0, 42.0, 0.0)}
    raw = encoded(drawn(), "JPEG", exif=exif, comment=b"Robin var h\xe4r") + b"efter slutet"

    picture = pictures.fit(raw)

    assert b"Exempelkameran" in raw
    assert not opened(picture).getexif()
    for secret in (b"Exempelkameran", b"Robin", b"efter slutet", b"Exif"):
        assert secret not in picture.content


def test_remarks_in_a_png_are_left_out() -> None:
    from PIL import PngImagePlugin

    remarks = PngImagePlugin.PngInfo()
    remarks.add_text("Author", "Robin Exempel")

    picture = pictures.fit(encoded(drawn(), "PNG", pnginfo=remarks))

    assert b"Robin" not in picture.content


def test_a_photo_is_turned_the_way_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6

    picture = pictures.fit(encoded(drawn(), "JPEG", exif=exif))

    assert (picture.width, picture.height) == (200, 300)
    assert opened(picture).convert("L").getpixel((100, 10)) == pytest.approx(255, abs=4)


def test_a_wide_picture_is_scaled_and_never_cropped() -> None:
    picture = pictures.fit(encoded(drawn(3000, 1500), "JPEG"))

    assert (picture.width, picture.height) == (1200, 600)
    assert opened(picture).convert("L").getpixel((10, 590)) == pytest.approx(255, abs=4)


def test_a_picture_of_one_line_keeps_its_line() -> None:
    picture = pictures.fit(encoded(drawn(5000, 1), "PNG"))

    assert (picture.width, picture.height) == (1200, 1)


def test_a_photo_is_pressed_below_the_good_size_where_that_can_be_done() -> None:
    noise = Image.effect_noise((700, 700), 30).convert("RGB")
    raw = encoded(noise, "JPEG", quality=95)

    picture = pictures.fit(raw)

    assert len(raw) > pictures.GOOD_SIZE
    assert len(picture.content) <= pictures.GOOD_SIZE


def test_a_photo_in_other_colours_is_shown_in_the_usual_ones() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for icc_profile in (profile, usual, b"broken"):
        picture = pictures.fit(encoded(drawn(), "JPEG", icc_profile=icc_profile))

        assert "icc_profile" not in opened(picture).info
        assert opened(picture).convert("L").getpixel((10, 100)) == pytest.approx(255, abs=4)


def test_the_same_bytes_always_give_the_same_picture() -> None:
    raw = encoded(drawn(2000, 1000), "JPEG")

    assert pictures.fit(raw).content == pictures.fit(raw).content


def test_transparency_is_kept() -> None:
    picture = pictures.fit(encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 128)), "PNG"))

    assert opened(picture).getpixel((5, 5)) == (255, 0, 0, 128)


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "BMP"])
def test_a_picture_that_some_programs_do_not_show_is_refused_with_what_to_do(kind: str) -> None:
    with pytest.raises(SourceError, match="JPEG"):
        pictures.fit(encoded(drawn(), kind))


def test_a_picture_that_moves_is_refused() -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    raw = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])

    with pytest.raises(SourceError, match="moves"):
        pictures.fit(raw)


def test_the_second_picture_behind_a_photo_from_a_telephone_is_left_out() -> None:
    raw = encoded(drawn(), "MPO", save_all=True, append_images=[drawn()])

    assert pictures.fit(raw).media_type == "image/jpeg"


@pytest.mark.parametrize("size", [(9_000, 9_000), (14_000, 14_000), (20_000, 20_000)])
def test_a_small_file_that_would_unfold_to_gigabytes_is_refused(size: tuple[int, int]) -> None:
    raw = encoded(Image.new("1", size), "PNG")

    with pytest.raises(SourceError, match="50 million pixels"):
        pictures.fit(raw)


def test_a_large_file_is_refused() -> None:
    with pytest.raises(SourceError, match="10 MB"):
        pictures.fit(b"x" * (pictures.LARGEST_FILE + 1))


def test_a_picture_that_ends_too_early_is_refused() -> None:
    raw = encoded(Image.effect_noise((300, 300), 60), "JPEG")

    with pytest.raises(SourceError, match="broken"):
        pictures.fit(raw[: len(raw) // 2])


@unhurried
@given(tail=st.binary(max_size=300), kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", ""]))
def test_any_bytes_are_a_picture_or_refused_with_an_explanation(tail: bytes, kind: str) -> None:
    head = encoded(drawn(8, 8), kind)[:60] if kind else b""

    with contextlib.suppress(SourceError):
        assert opened(pictures.fit(head + tail)).format in {"JPEG", "PNG", "GIF"}


def test_a_picture_is_stored_once_whoever_uses_it(database: Database) -> None:
    raw = encoded(drawn(), "PNG")

    with database.writing() as session:
        first = pictures.store(session, pictures.fit(raw), now=NOW)
    with database.writing() as session:
        second = pictures.store(session, pictures.fit(raw), now=NOW)

    assert first.sha256 == second.sha256
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Picture)) == 1


def test_an_item_gets_a_picture_with_its_words(database: Database) -> None:
    with database.writing() as session:
        store.save(session, [draft()], now=NOW)
        picture = pictures.store(session, pictures.fit(encoded(drawn(), "PNG")), now=NOW)
        editing.set_picture(session, 1, picture, alt=" En kamera ", credit="Robin Exempel", now=NOW)

    with database.reading() as session:
        item = store.find(session, 1)
        assert (item.picture_sha256, item.picture_alt) == (picture.sha256, "En kamera")
        assert (item.picture_caption, item.picture_credit) == ("", "Robin Exempel")


def test_a_file_is_read_no_further_than_it_may_be_long(tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)

    assert len(pictures.read(large)) == pictures.LARGEST_FILE + 1


@pytest.mark.parametrize("name", ["missing.jpg", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="Nothing was stored"):
        pictures.read(tmp_path / name)
