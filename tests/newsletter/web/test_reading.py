from __future__ import annotations

import hashlib
import io
import re
from datetime import date

import pytest
import sqlalchemy as sa
from PIL import Image
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import IssueState, Picture, RenderedIssueRow
from tests.builders import make_picture, make_story
from tests.newsletter.web.conftest import Publish, everything_in

PUBLIC_PAGES = (
    "/",
    "/nyhetsbrev",
    "/nyhetsbrev/2017-02",
    "/personuppgifter",
    "/tillganglighet",
    "/kontakt",
)


@pytest.fixture
def picture(app: App) -> Picture:
    stream = io.BytesIO()
    Image.new("RGB", (2, 1), "#123456").save(stream, "PNG")
    content = stream.getvalue()
    picture = Picture(
        sha256=hashlib.sha256(content).hexdigest(),
        media_type="image/png",
        width=2,
        height=1,
        content=content,
        created_at=app.clock(),
    )
    with app.database.writing() as session:
        session.add(picture)
    return picture


def test_an_empty_list_says_so(client: TestClient) -> None:
    page = client.get("/nyhetsbrev")

    assert page.status_code == 200
    assert "Inget nummer har kommit ut än." in page.text


def test_a_foreign_passage_in_a_title_is_marked_on_pages_and_plain_elsewhere(
    client: TestClient, publish: Publish
) -> None:
    title = "Vi var på [en: Going Green]"
    publish(subject=title, preheader=title, stories=[make_story(title=title)])

    listed = client.get("/nyhetsbrev?q=på+going+green").text
    shown = client.get("/nyhetsbrev/2017-02").text
    joining = client.get("/nyhetsbrev/prenumerera").text
    plain = [
        client.get(path).text
        for path in ("/nyhetsbrev/feed.xml", "/api/v1/issues", "/api/v1/issues/2017-02")
    ]

    marked = 'Vi var på <span lang="en">Going Green</span>'
    assert listed.count(marked) == joining.count(marked) == 2
    assert f"<h1>{marked}</h1>" in shown
    assert f"<h3>{marked}</h3>" in shown
    assert "<title>Vi var på Going Green" in shown
    assert shown.count('content="Vi var på Going Green"') == 3
    for page in (listed, shown, joining, *plain):
        assert "[en:" not in page


def test_issues_are_listed_newest_first(client: TestClient, publish: Publish) -> None:
    publish(name="2016-08", number=8, subject="Årets sista")
    publish(name="2017-02", number=2, subject="Film & praktik <3")
    publish(name="2017-01", number=1, subject="Nya praktikanter")

    page = client.get("/nyhetsbrev").text

    names = re.findall(r'href="/nyhetsbrev/([\d-]+)"', page)
    assert names == ["2017-02", "2017-01", "2016-08"]
    assert "Film &amp; praktik &lt;3" in page
    assert "Nummer 2 · 22\N{NO-BREAK SPACE}februari\N{NO-BREAK SPACE}2017" in page


@pytest.mark.parametrize(
    ("state", "begun", "visible"),
    [
        (IssueState.DRAFT, False, False),
        (IssueState.APPROVED, False, False),
        (IssueState.SCHEDULED, False, False),
        (IssueState.SENDING, True, True),
        (IssueState.SENT, True, True),
        # Some readers have the letter, and it leads here.
        (IssueState.PAUSED, True, True),
        (IssueState.CANCELLED, True, True),
        (IssueState.PAUSED, False, False),
        (IssueState.CANCELLED, False, False),
    ],
)
def test_an_issue_is_seen_once_it_has_begun_to_go_out(
    client: TestClient, publish: Publish, state: IssueState, begun: bool, visible: bool
) -> None:
    publish(state, begun=begun, name="2017-02")

    page, listed = client.get("/nyhetsbrev/2017-02"), client.get("/nyhetsbrev")

    assert page.status_code == (200 if visible else 404)
    assert ("/nyhetsbrev/2017-02" in listed.text) is visible


def test_an_issue_stands_as_it_was_approved_inside_the_site(
    app: App, client: TestClient, publish: Publish
) -> None:
    publish(subject="Film och praktik", stories=[make_story(title="R&D <b>nu</b>")])
    with app.database.reading() as session:
        article = session.scalars(sa.select(RenderedIssueRow.web_article)).one()

    page = client.get("/nyhetsbrev/2017-02").text

    assert article in page
    assert page.count("<h1") == 1
    assert "R&amp;D &lt;b&gt;nu&lt;/b&gt;" in page
    assert '<link rel="canonical" href="https://nyhetsbrev.example.org/nyhetsbrev/2017-02">' in page
    assert "<title>Film och praktik – " in page


def test_a_swedish_issue_stays_swedish_on_an_english_page(
    client: TestClient, publish: Publish
) -> None:
    publish()

    page = client.get("/nyhetsbrev/2017-02?lang=en").text

    assert '<html lang="en"' in page
    assert '<div lang="sv">' in page
    assert 'href="?lang=sv" lang="sv"' in page
    assert "Earlier issues" in page


def test_an_issue_changed_behind_our_back_is_not_shown(
    app: App, client: TestClient, publish: Publish
) -> None:
    publish()
    with app.database.writing() as session:
        session.execute(sa.update(RenderedIssueRow).values(web_article="<p>Falskt</p>"))

    page = client.get("/nyhetsbrev/2017-02")

    assert page.status_code == 500
    assert "Falskt" not in page.text


@pytest.mark.parametrize(
    "name", ["2017-2", "2017-002", "2017-99", "17-02", "2017-02.html", "٢٠١٧-٠٢", "x", "2017-02'"]
)
def test_other_names_of_issues_are_not_found(
    client: TestClient, publish: Publish, name: str
) -> None:
    publish()

    assert client.get(f"/nyhetsbrev/{name}").status_code == 404


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_public_pages_can_be_kept_and_asked_for_again(
    client: TestClient, publish: Publish, path: str
) -> None:
    publish()
    page = client.get(path)

    again = client.get(path, headers={"If-None-Match": f'"x", W/{page.headers["etag"]}'})
    other = client.get(path, headers={"If-None-Match": '"x"'})

    assert page.headers["cache-control"] == "public, max-age=300"
    assert "x-robots-tag" not in page.headers
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == page.headers["etag"]
    assert other.status_code == 200


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_public_pages_speak_both_languages_and_change_nothing(
    app: App, client: TestClient, publish: Publish, path: str, language: str
) -> None:
    publish()
    before = everything_in(app.database)

    page = client.get(path, params={"lang": language})
    client.head(path)

    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}"' in page.text
    other = "en" if language == "sv" else "sv"
    assert f'<a href="?lang={other}" lang="{other}"' in page.text
    assert page.text.count("<h1") == 1
    assert everything_in(app.database) == before


def test_a_language_we_do_not_have_is_ours(client: TestClient) -> None:
    page = client.get("/nyhetsbrev", params={"lang": '"><script>'})

    assert '<html lang="sv"' in page.text
    assert "<script" not in page.text


def test_a_picture_is_sent_as_what_it_is_to_mail_programs_anywhere(
    client: TestClient, picture: Picture
) -> None:
    answer = client.get(f"/bilder/{picture.sha256}.png")

    assert answer.status_code == 200
    assert answer.content == picture.content
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    # A mail read in a browser shows it from another site.
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_withdrawn_picture_is_gone(app: App, client: TestClient, picture: Picture) -> None:
    with app.database.writing() as session:
        session.execute(sa.delete(Picture))

    assert client.get(f"/bilder/{picture.sha256}.png").status_code == 404


@pytest.mark.parametrize("name", ["{sha}.jpg", "{sha}", "{SHA}.png", "{sha}.png.svg", "x.png", "."])
def test_other_names_of_pictures_are_not_found(
    client: TestClient, picture: Picture, name: str
) -> None:
    path = name.format(sha=picture.sha256, SHA=picture.sha256.upper())

    assert client.get(f"/bilder/{path}").status_code == 404


def test_the_list_is_searched_narrowed_to_a_year_and_paged(
    client: TestClient, publish: Publish
) -> None:
    for number in range(1, 24):
        publish(name=f"2016-{number:02d}", number=number, issued_on=date(2016, 3, number))
    publish(name="2017-01", number=1, issued_on=date(2017, 1, 20), subject="Om Jylland & Fyn")

    def names(query: str) -> list[str]:
        return re.findall(r'href="/nyhetsbrev/([\d-]+)', client.get(f"/nyhetsbrev{query}").text)

    assert names("?q=jylland") == ["2017-01"]
    assert names("?year=2017") == ["2017-01"]
    assert names("") == ["2017-01", *(f"2016-{number:02d}" for number in range(23, 4, -1))]
    assert names("?page=2") == [f"2016-{number:02d}" for number in range(4, 0, -1)]
    # Whatever stands there, a list is shown.
    for odd in ("?page=999", "?page=-1", "?page=x", "?year=1066", "?year=%C2%B2", "?q=%00"):
        assert client.get(f"/nyhetsbrev{odd}").status_code == 200


def test_a_search_without_a_hit_says_so_and_shows_all(client: TestClient, publish: Publish) -> None:
    publish()

    page = client.get("/nyhetsbrev?q=<b>jylland").text

    assert "Inget nummer innehåller ”&lt;b&gt;jylland”. Här är alla." in page
    assert "/nyhetsbrev/2017-02" in page


def test_the_same_search_in_english_is_one_link_away(client: TestClient, publish: Publish) -> None:
    publish()

    page = client.get("/nyhetsbrev?q=film&year=2017")

    assert 'href="?lang=en&amp;q=film&amp;year=2017" lang="en"' in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_new_issue_is_on_the_list_at_once(client: TestClient, publish: Publish) -> None:
    publish(name="2017-01", number=1)
    client.get("/nyhetsbrev")

    publish(name="2017-02", number=2, subject="Nyss ute")

    assert "Nyss ute" in client.get("/nyhetsbrev").text


def test_the_feed_holds_whole_issues_for_everybody(client: TestClient, publish: Publish) -> None:
    publish()

    feed = client.get("/nyhetsbrev/feed.xml")

    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    assert "<id>nyhetsbrev:2017-02</id>" in feed.text
    assert "Vad gör egentligen Exempelkontoret?" in feed.text
    assert "NLSLOT" not in feed.text
    assert 'href="/nyhetsbrev/feed.xml"' in client.get("/nyhetsbrev").text


@pytest.mark.parametrize("path", ["/nyhetsbrev/2017-02", "/nyhetsbrev/feed.xml"])
def test_what_a_reader_has_is_not_sent_again(
    client: TestClient, publish: Publish, path: str
) -> None:
    publish()
    first = client.get(path)
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]

    assert changed == "Fri, 20 Nov 2026 08:00:00 GMT"
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": changed}).status_code == 304
    # The tag says more than the time (RFC 9110, 13.1.3).
    both = {"If-None-Match": '"another"', "If-Modified-Since": changed}
    assert client.get(path, headers=both).status_code == 200
    earlier = {"If-Modified-Since": "Thu, 19 Nov 2026 08:00:00 GMT"}
    assert client.get(path, headers=earlier).status_code == 200
    assert client.get(path, headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_an_issue_tells_other_sites_what_it_is(client: TestClient, publish: Publish) -> None:
    publish(stories=[make_story(picture=make_picture())])

    page = client.get("/nyhetsbrev/2017-02").text

    image = f"https://nyhetsbrev.example.org/bilder/{make_picture().sha256}.png"
    for name, content in (
        ("og:title", "Regionalpolitik, film och praktik"),
        ("og:url", "https://nyhetsbrev.example.org/nyhetsbrev/2017-02"),
        ("og:image", image),
        ("og:image:alt", make_picture().alt),
        ("article:published_time", "2026-11-20T08:00:00+00:00"),
    ):
        assert f'<meta property="{name}" content="{content}">' in page
