"""`make gallery`: an issue in every view and both themes, as pictures to look at.

Of the sample, or of a news page of yours: `make gallery PAGE=page.txt`. Everything goes into
`gallery/`, which is not kept; only docs/issue.png is made anew beside it, from the sample.
"""

from __future__ import annotations

import contextlib
import html
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Route

from newsletter import rendering
from newsletter.app import app_with
from newsletter.archive import pictures
from newsletter.archive.pictures import PictureFile
from newsletter.cli.command import run
from newsletter.cli.init import write_starter
from newsletter.cli.main import program
from newsletter.content import IssueContent
from newsletter.issues import composing, proof
from newsletter.rendering.preview_page import VIEWS, View
from newsletter.settings import load
from newsletter.templates_folder import TemplatesFolder
from tests.browser import chromium

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "gallery"
#: For the README: the first three views a reader thinks of, by their place in `VIEWS`.
SHOWN_IN_README = (0, 1, 3)
_README_WIDTH, _README_HEIGHT, _GAP, _GROUND = 1200, 1100, 24, "#D8DCE2"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An issue to be shown, with its pictures by address."""

    name: str
    content: IssueContent
    pictures: dict[str, PictureFile]


def main() -> None:
    """Make the gallery."""
    page = sys.argv[1] if len(sys.argv) > 1 else ""
    exhibit = of_page(Path(page)) if page else of_the_sample()
    with chromium() as browser:
        for theme in rendering.theme_names(TemplatesFolder()):
            shots = dict(shot(browser, exhibit, theme))
            folder = GALLERY / exhibit.name / theme
            folder.mkdir(parents=True, exist_ok=True)
            for name, picture in shots.items():
                picture.save(folder / f"{name}.png", optimize=True)
            print(folder)
            if not page and theme == "saklig":
                save_for_readme(list(shots.values()))


def of_the_sample() -> Exhibit:
    """Return the issue that `make demo` makes."""
    return _exhibit("sample", lambda config: _run("demo", str(config.parent)))


def of_page(page: Path) -> Exhibit:
    """Return the issue of all that is new on a page, as it is before an editor has seen it."""

    def compose(config: Path) -> None:
        write_starter(config, TemplatesFolder())
        _run("items", "import", str(page.resolve()), "--config", str(config))
        _run("issues", "create", "--config", str(config))

    return _exhibit(page.stem, compose)


def shot(browser: Browser, exhibit: Exhibit, theme: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield a picture of each view by its name, and one of the plain text."""
    templates = TemplatesFolder()
    rendered = rendering.render(
        exhibit.content, theme=rendering.load_theme(templates, theme), templates=templates
    )
    filled, text = (
        rendering.fill_preview(each, address="kim.exempel@example.org", token="x" * 48)
        for each in (rendered.html, rendered.text)
    )
    for number, view in enumerate(VIEWS, 1):
        name = view.name.message.lower().replace(" ", "-")
        yield f"{number}-{name}", _photographed(browser, view.make(filled), view, exhibit)
    page = f"<pre style='font-size: 15px; margin: 24px'>{html.escape(text)}</pre>"
    yield f"{len(VIEWS) + 1}-plain-text", _photographed(browser, page, VIEWS[0], exhibit)


def save_for_readme(shots: list[Image.Image]) -> None:
    """Save the picture at the top of the README."""
    chosen = [shots[place] for place in SHOWN_IN_README]
    scale = (_README_WIDTH - _GAP * (len(chosen) + 1)) / sum(each.width for each in chosen)
    sheet = Image.new("RGB", (_README_WIDTH, _README_HEIGHT), _GROUND)
    left = _GAP
    for each in chosen:
        size = (round(each.width * scale), round(each.height * scale))
        sheet.paste(each.resize(size, Image.Resampling.LANCZOS), (left, _GAP))
        left += size[0] + _GAP
    sheet.paste(_GROUND, (0, _README_HEIGHT - _GAP, _README_WIDTH, _README_HEIGHT))
    sheet.quantize(128).save(ROOT / "docs" / "issue.png", optimize=True)


def _photographed(browser: Browser, page: str, view: View, exhibit: Exhibit) -> Image.Image:
    with browser.new_page(
        viewport={"width": view.width, "height": 600}, device_scale_factor=2
    ) as window:
        window.route("**/bilder/*", lambda route: _serve(route, exhibit))
        window.set_content(page)
        window.wait_for_load_state("networkidle")
        return Image.open(io.BytesIO(window.screenshot(full_page=True)))


def _serve(route: Route, exhibit: Exhibit) -> None:
    picture = exhibit.pictures[route.request.url]
    route.fulfill(body=picture.content, content_type=picture.media_type)


def _exhibit(name: str, compose: Callable[[Path], None]) -> Exhibit:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "newsletter.toml"
        compose(config)
        app = app_with(load(config))
        with app.database.reading() as session:
            # The first one: the demo has begun the next.
            issue = composing.every(session, app.newsletter_id)[-1]
            content = proof.content(session, issue, app.press)
            shown = [story.picture for story in content.stories if story.picture]
            files = {
                content.picture_url(picture): file
                for picture in shown
                if (file := pictures.find(session, picture.sha256))
            }
        app.database.close()
    return Exhibit(name, content, files)


def _run(*words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        code = run(program, words)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
