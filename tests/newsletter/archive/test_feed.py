from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.archive.feed import atom
from newsletter.archive.issues import PublishedIssue, PublishedStory, WebVersion, folded
from newsletter.archive.issues import search as search_issues
from newsletter.items import sources

ATOM = "{http://www.w3.org/2005/Atom}"


def make_version(**overrides: Any) -> WebVersion:
    values: dict[str, Any] = {
        "name": "2017-02",
        "number": 2,
        "issued_on": date(2017, 2, 22),
        "subject": "Film & praktik",
        "preheader": "Två nyheter.",
        "language": "sv",
        "article": "<article></article>",
        "feed_entry": "<p>R&amp;D <b>nu</b></p>",
        "picture": None,
        "published_at": datetime(2017, 2, 22, 8, 0, tzinfo=UTC),
        "approved_at": datetime(2017, 2, 21, 8, 0, tzinfo=UTC),
    }
    return WebVersion(**(values | overrides))


def read(issues: list[WebVersion]) -> Any:
    written = atom(
        issues, title="Nyhetsbrevet", author="Exempelregionen", language="sv",
        base_url="https://nyhetsbrev.example.org", path="/nyhetsbrev",
    )  # fmt: skip
    return etree.fromstring(written)


def test_an_entry_is_whole_and_known_by_year_and_number() -> None:
    entry = read([make_version()]).find(f"{ATOM}entry")

    assert entry.findtext(f"{ATOM}id") == "nyhetsbrev:2017-02"
    assert entry.findtext(f"{ATOM}title") == "Film & praktik"
    assert entry.findtext(f"{ATOM}content") == "<p>R&amp;D <b>nu</b></p>"
    assert entry.find(f"{ATOM}content").get("type") == "html"
    assert entry.find(f"{ATOM}link").get("href") == (
        "https://nyhetsbrev.example.org/nyhetsbrev/2017-02"
    )
    assert entry.findtext(f"{ATOM}updated") == "2017-02-22T08:00:00Z"


def test_the_importer_knows_our_own_issues_whatever_they_are_called() -> None:
    versions = [make_version(), make_version(name="x", subject="Ny rapport")]
    written = atom(
        versions,
        title="",
        author="",
        language="sv",
        path="/nyhetsbrev",
        base_url="https://nyhetsbrev.example.org",
    )

    drafts = sources.read(written, today=date(2017, 3, 1)).drafts

    assert [(draft.title, draft.is_announcement) for draft in drafts] == [
        ("Film & praktik", True),
        ("Ny rapport", False),
    ]


def test_a_feed_has_all_that_rfc_4287_asks_for_even_when_empty() -> None:
    feed = read([])

    for name in ("id", "title", "updated"):
        assert feed.findtext(f"{ATOM}{name}")
    assert feed.find(f"{ATOM}author").findtext(f"{ATOM}name") == "Exempelregionen"
    assert feed.find(f"{ATOM}link[@rel='self']").get("href").endswith("/nyhetsbrev/feed.xml")


@given(st.text(), st.text())
def test_whatever_an_editor_writes_the_feed_is_xml_and_says_it(subject: str, entry: str) -> None:
    read_back = read([make_version(subject=subject, feed_entry=entry)]).find(f"{ATOM}entry")

    writable = [
        character
        for character in entry
        if character in "\t\n" or (character >= " " and character not in "\ufffe\uffff")
    ]
    assert (read_back.findtext(f"{ATOM}content") or "") == "".join(writable)


def make_listed(*titles: str, subject: str = "Numret") -> PublishedIssue:
    return PublishedIssue(
        name="2017-02",
        number=2,
        issued_on=date(2017, 2, 22),
        subject=subject,
        language="sv",
        stories=tuple(PublishedStory(title=title, words=folded(title)) for title in titles),
        words=folded(subject),
    )


def test_a_search_wants_every_word_and_shows_where_it_was_found_first() -> None:
    issues = [make_listed("Film i Bryssel", "Praktik i höst"), make_listed("Film")]

    [found] = search_issues(issues, "PRAKTIK film")

    assert [story.title for story in found.stories] == ["Film i Bryssel", "Praktik i höst"]
    assert search_issues(issues, "höst")[0].stories[0].title == "Praktik i höst"
    assert search_issues(issues, "jylland") == []


def test_å_is_å_however_it_is_composed() -> None:
    assert search_issues([make_listed("Årets sista")], "A\N{COMBINING RING ABOVE}rets")
    assert not search_issues([make_listed("Årets sista")], "arets")
