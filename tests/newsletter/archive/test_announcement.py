from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.app import App
from newsletter.archive.announcement import LONGEST_POST, announcement
from newsletter.items.announcements import is_announcement
from tests.builders import make_issue_content, make_story

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_importer_knows_our_announcement_when_it_comes_back(app: App, language: str) -> None:
    content = make_issue_content(language=language, newsletter_name="Nyhetsbrev om Exempel")

    words = announcement(content, app.templates.language(language))

    assert is_announcement(words.title)


def test_an_announcement_says_when_what_and_where(app: App) -> None:
    words = announcement(make_issue_content(), app.language)

    assert words.plain.startswith(
        "Nyhetsbrev om Exempelregionens externa arbete ute nu – 22 februari 2017\n\n"
        "I februarinumret:\n– Förslag för att förbättra regionalpolitiken\n"
    )
    assert "https://nyhetsbrev.example.org/nyhetsbrev/2017-02\n" in words.plain
    assert "https://nyhetsbrev.example.org/nyhetsbrev/prenumerera\n" in words.plain


def test_what_an_editor_wrote_is_text_in_the_html(app: App) -> None:
    content = make_issue_content(stories=[make_story(title="<script>R&D</script>")])

    words = announcement(content, app.language)

    assert "<script>" not in words.html
    assert "&lt;script&gt;R&amp;D" in words.html


def test_a_passage_in_another_language_is_marked_where_there_is_markup(app: App) -> None:
    story = make_story(title="Vi var på [en: Going Green]")
    content = make_issue_content(stories=[story], subject="Mer om [en: Going Green]")

    words = announcement(content, app.language)

    assert "– Vi var på Going Green\n" in words.plain
    assert '<li>Vi var på <span lang="en">Going Green</span></li>' in words.html
    assert words.social.partition(": ")[2].startswith("Mer om Going Green http")


def test_a_post_is_never_too_long(app: App) -> None:
    content = replace(make_issue_content(), subject="mycket långt ämne " * 40)

    words = announcement(content, app.language)

    said, _, url = words.social.rpartition(" ")
    assert url == content.web_url
    assert len(said) + 1 + 23 <= LONGEST_POST
    assert said.endswith("…")
