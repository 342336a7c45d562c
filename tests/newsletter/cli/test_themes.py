"""`newsletter theme`: what an editor sees of a theme before a reader does."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from newsletter.app import open_app
from newsletter.models import Picture
from newsletter.templates_folder import TemplatesFolder
from tests.browser import AXE_RULES, chromium
from tests.newsletter.cli.conftest import Command
from tests.tools import needs

# No theme is in the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def own_theme(config: Path) -> Path:
    """A theme of the organisation's own, on which the night is too dim."""
    file = config.parent / "mallar" / "themes" / "egen.toml"
    file.parent.mkdir(parents=True)
    ours = TemplatesFolder().find("themes/saklig.toml").read_text(encoding="utf-8")
    file.write_text(ours.replace('link = "#8CC8F0"', 'link = "#005C95"'), encoding="utf-8")
    config.write_text(f'templates_dir = "mallar"\n{config.read_text()}', encoding="utf-8")
    return file


def test_every_theme_that_comes_along_passes(newsletter: Command) -> None:
    checked = newsletter("theme", "check", "--json")

    assert checked.code == 0
    assert set(checked.json) == {"gra", "saklig"}
    for pairs in checked.json.values():
        assert {pair["scheme"] for pair in pairs} == {"light", "dark"}
        assert all(pair["contrast"] >= pair["least"] for pair in pairs)


@pytest.mark.usefixtures("own_theme")
def test_a_theme_below_the_limit_is_refused_pair_by_pair(newsletter: Command) -> None:
    shown = newsletter("theme", "check", "egen")
    poor = [pair for pair in newsletter("theme", "check", "egen", "--json").json["egen"]
            if not pair["enough"]]  # fmt: skip

    assert shown.code == 4
    assert "4 pairs cannot be told apart." in shown.out
    assert {(pair["over"]["use"], pair["under"]["use"]) for pair in poor} == {
        ("link", ground) for ground in ("page", "card", "tint", "notice")
    }


def test_a_theme_that_is_not_there_is_named(newsletter: Command) -> None:
    checked = newsletter("theme", "check", "bogus")

    assert checked.code == 2
    assert "themes/bogus.toml" in checked.err


def test_a_logo_is_kept_where_readers_programs_fetch_pictures(
    newsletter: Command, own_theme: Path, config: Path, draft: str
) -> None:
    drawn = '[logo]\nlight = "l.png"\ndark = "d.png"\nalt = "Exempelregionen"\nwidth = 160\n'
    ours = TemplatesFolder().find("themes/saklig.toml").read_text(encoding="utf-8")
    own_theme.write_text(ours.replace("[light]", f"{drawn}\n[light]"), encoding="utf-8")
    for name, colour in (("l.png", "#005C95"), ("d.png", "#8CC8F0")):
        Image.new("RGB", (320, 80), colour).save(own_theme.parent / name)
    config.write_text(f'{config.read_text()}[newsletter]\ntheme = "egen"\n', encoding="utf-8")

    shown = newsletter("issues", "preview", draft, "--all")

    app = open_app(config)
    with app.database.reading() as session:
        kept = session.scalars(sa.select(Picture.width)).all()
    app.database.close()
    page = (config.parent / f"preview-{draft}" / f"{draft}.all.html").read_text(encoding="utf-8")
    assert shown.code == 0, shown.err
    assert kept == [320, 320]
    assert "/bilder/" not in page
    assert page.count("data:image/png;base64,") >= 2


@pytest.mark.usefixtures("own_theme")
def test_one_page_shows_every_pair_and_the_sample_also_of_a_theme_to_be_mended(
    newsletter: Command, config: Path
) -> None:
    ran = newsletter("theme", "preview", "egen")

    page = lxml.html.document_fromstring((config.parent / "theme-egen.html").read_text("utf-8"))
    judged = [row[-1].text_content() for row in page.findall(".//tbody/tr")]
    assert ran.code == 0, ran.err
    assert judged.count("TOO LITTLE") == 4
    assert judged.count("enough") == 30
    assert len(page.findall(".//iframe")) == 7
    assert 'src="http' not in "".join(frame.get("srcdoc") for frame in page.iter("iframe"))


@needs("chromium")
def test_the_page_of_a_theme_is_accessible_itself(newsletter: Command, config: Path) -> None:
    assert newsletter("theme", "preview", "gra").code == 0

    with chromium() as browser:
        page = browser.new_page()
        page.goto((config.parent / "theme-gra.html").as_uri())
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_RULES}})

    assert found.violations_count == 0, found.generate_report()
