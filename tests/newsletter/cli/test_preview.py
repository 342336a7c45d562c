"""`newsletter issues preview`: one page that shows what everybody will see."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path

import lxml.html
import pytest
from axe_playwright_python.sync_playwright import Axe

from newsletter.cli.command import run
from newsletter.cli.demo.sample import write_picture
from newsletter.cli.main import program
from tests.browser import AXE_RULES, chromium
from tests.newsletter.cli.conftest import Command
from tests.tools import needs

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def pictured(newsletter: Command, draft: str, tmp_path: Path) -> str:
    """A draft with a picture in its first story."""
    write_picture(tmp_path / "bild.png")
    described = ("--alt", "Händer som räcks upp.", "--credit", "Robin Exempel")
    added = newsletter("items", "add-picture", "1", str(tmp_path / "bild.png"), *described)
    assert added.code == 0, added.err
    return draft


def shown(newsletter: Command, issue: str, tmp_path: Path) -> str:
    ran = newsletter("issues", "preview", issue, "--all", "--folder", str(tmp_path / "p"))
    assert ran.code == 0, ran.err
    return (tmp_path / "p" / f"{issue}.all.html").read_text(encoding="utf-8")


def test_the_files_are_the_mail_as_it_would_go_out(
    newsletter: Command, draft: str, tmp_path: Path
) -> None:
    written = newsletter("issues", "preview", draft, "--folder", str(tmp_path / "p"), "--json").json

    message = email.message_from_bytes(
        (tmp_path / "p" / f"{draft}.eml").read_bytes(), policy=email.policy.default
    )
    html = (tmp_path / "p" / f"{draft}.html").read_text(encoding="utf-8")
    body = message.get_body(("html",))
    assert body
    assert len(written["files"]) == 4
    assert body.get_content().replace("\r\n", "\n") == html


def test_one_page_shows_every_view_and_fetches_nothing(
    newsletter: Command, pictured: str, tmp_path: Path
) -> None:
    page = lxml.html.document_fromstring(shown(newsletter, pictured, tmp_path))

    frames = {frame.get("title"): frame for frame in page.iter("iframe")}
    assert [(title, frame.get("width")) for title, frame in frames.items()] == [
        ("By day", "700"),
        ("By night", "700"),
        ("Colours turned round", "700"),
        ("On a phone", "375"),
        ("On a small phone", "320"),
        ("Without pictures", "700"),
        ("Without style sheets", "375"),
    ]
    for title, frame in frames.items():
        assert frame.get("sandbox") == ""
        sources = re.findall(r'<img[^>]*?src="([^"]*)"', frame.get("srcdoc"))
        assert len(sources) == 1
        assert sources[0].startswith("data:,") == (title == "Without pictures")
        assert sources[0].startswith("data:")
    outside = [e.get("src") for e in page.iter("img", "script", "link")]
    assert outside == []


def test_the_page_says_what_was_measured_and_what_is_left_to_mend(
    newsletter: Command, pictured: str, tmp_path: Path
) -> None:
    page = lxml.html.document_fromstring(shown(newsletter, pictured, tmp_path))

    rows = {row[0].text_content(): [cell.text_content() for cell in row[1:]]
            for row in page.findall(".//tbody/tr")}  # fmt: skip
    words = " ".join(page.text_content().split())
    assert rows["Subject"] == ["0 characters", "at most 60 characters", "look at this"]
    assert rows["HTML"][1:] == ["at most 80 KB; Gmail cuts at 102", "good"]
    assert rows["Pictures"][0] == "5.1 KB"
    assert "SUBJECT: The subject is missing." in words
    assert "TRUNC: " in words


@needs("chromium")
@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("sv", "light", 1280), ("en", "dark", 320)]
)
def test_the_page_is_accessible_itself(
    pictured: str, config: Path, tmp_path: Path, language: str, scheme: str, width: int
) -> None:
    words = ["issues", "preview", pictured, "--all", "--folder", str(tmp_path / "p")]
    assert run(program, [*words, "--config", str(config), "--lang", language]) == 0
    page_file = tmp_path / "p" / f"{pictured}.all.html"

    with chromium() as browser:
        page = browser.new_page(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 800},
        )
        page.goto(page_file.as_uri())
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_RULES}})
        reach = page.evaluate("document.documentElement.scrollWidth")
    assert found.violations_count == 0, found.generate_report()
    assert reach == width
    assert page_file.read_text(encoding="utf-8").count(f'lang="{language}"') >= 1
