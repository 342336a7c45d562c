from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from newsletter.app import App, keys_of
from newsletter.database import Database
from newsletter.templates_folder import TemplatesFolder
from newsletter.web.site import create
from subscribers import consent, erasing
from subscribers.models import ConsentEvent, ConsentKind, Subscriber, SubscriptionState
from subscribers.tokens import Claim, Purpose
from tests.conftest import Clock
from tests.newsletter.web.conftest import (
    Reader,
    add_reader,
    client_of,
    everything_in,
    with_settings,
)

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
OUR_ANSWER = {"answer": "ja"}
#: RFC 8058 wants the multipart one understood; programs send either.
ENCODINGS: dict[str, dict[str, Any]] = {
    "urlencoded": {"data": ONE_CLICK},
    "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
}
#: What opens links in mails without anybody having pressed them.
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
    "Mozilla/5.0 (compatible; GoogleImageProxy)",
    "curl/8.5.0",
)


def events_of(reader: Reader) -> list[ConsentEvent]:
    with reader.app.database.reading() as session:
        return list(
            session.scalars(
                sa.select(ConsentEvent)
                .where(ConsentEvent.subscriber_id == reader.id)
                .order_by(ConsentEvent.id)
            )
        )


def undo_link_in(page: str) -> str:
    match = re.search(r'action="(/angra/[a-z2-7]{48})(\?lang=..)?"', page)
    assert match, page
    return match[1]


@pytest.mark.parametrize("purpose", Purpose)
def test_opening_a_link_changes_nothing_however_often_and_by_whom(
    client: TestClient, reader: Reader, purpose: Purpose
) -> None:
    before = everything_in(reader.app.database)

    for path in (f"/avsluta/{reader.token(purpose)}", f"/angra/{reader.token(purpose)}"):
        for agent in SCANNERS:
            for method in ("GET", "HEAD", "GET"):
                client.request(method, path, headers={"User-Agent": agent})

    assert everything_in(reader.app.database) == before


def test_a_readers_link_shows_one_button_and_a_masked_address(
    client: TestClient, reader: Reader
) -> None:
    page = client.get(reader.link)

    assert page.status_code == 200
    assert "<h1>Vill du avsluta?</h1>" in page.text
    assert "k…l@example.org" in page.text
    assert "kim.exempel" not in page.text
    assert page.text.count("<button") == 1


def test_head_answers_as_get_without_a_body(client: TestClient, reader: Reader) -> None:
    head, get = client.head(reader.link), client.get(reader.link)

    assert head.status_code == 200
    assert head.headers == get.headers


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_one_click_unsubscribes(client: TestClient, reader: Reader, encoding: str) -> None:
    answer = client.post(reader.link, **ENCODINGS[encoding])

    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert answer.text == "Du får inga fler nyhetsbrev."
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    assert [(event.kind, event.source, event.actor) for event in events_of(reader)[1:]] == [
        (ConsentKind.WITHDRAWN, "one-click", "subscriber")
    ]


def test_one_click_again_answers_the_same_and_changes_nothing(
    client: TestClient, reader: Reader
) -> None:
    first = client.post(reader.link, data=ONE_CLICK)
    before = everything_in(reader.app.database)

    again = [client.post(reader.link, **encoding) for encoding in ENCODINGS.values()]

    assert {(answer.status_code, answer.text) for answer in again} == {(200, first.text)}
    assert everything_in(reader.app.database) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"List-Unsubscribe=No", b"answer=nej", b"One-Click", b"list=1", b"\xff\x00&=;=%zz"],
)
@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_post_that_does_not_say_so_unsubscribes_nobody(
    client: TestClient, reader: Reader, content: bytes, media_type: str
) -> None:
    answer = client.post(reader.link, content=content, headers={"Content-Type": media_type})

    assert answer.status_code == 400
    assert "Ingenting är ändrat" in answer.text
    assert reader.state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("content", [b"--x\r\n", b"--x\r\nnonsense\r\n\r\n", b"x" * 2000])
def test_a_broken_multipart_body_is_refused_calmly(
    client: TestClient, reader: Reader, content: bytes
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = client.post(reader.link, content=content, headers=headers)

    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert reader.state is SubscriptionState.ACTIVE


def test_a_file_is_no_answer(client: TestClient, reader: Reader) -> None:
    answer = client.post(reader.link, files={"List-Unsubscribe": ("a.txt", b"One-Click")})

    assert answer.status_code == 400
    assert reader.state is SubscriptionState.ACTIVE


def test_the_button_unsubscribes_and_says_what_holds_now(
    client: TestClient, reader: Reader
) -> None:
    done = client.post(reader.link, data=OUR_ANSWER)

    assert done.status_code == 200
    assert "location" not in done.headers
    assert "Du får inga fler nyhetsbrev</h1>" in done.text
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    assert events_of(reader)[-1].source == "web page"


def test_who_is_out_already_is_told_so(client: TestClient, reader: Reader) -> None:
    client.post(reader.link, data=ONE_CLICK)

    page = client.get(reader.link)

    assert page.status_code == 200
    assert "Du får inga fler nyhetsbrev</h1>" in page.text
    assert undo_link_in(page.text)


async def test_an_unsubscription_is_on_disk_before_the_answer_begins(
    app: App, reader: Reader
) -> None:
    seen: list[SubscriptionState] = []
    body = b"List-Unsubscribe=One-Click"
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": reader.link,
        "query_string": b"",
        "headers": [
            (b"host", b"nyhetsbrev.example.org"),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            elsewhere = Database(app.settings.database_url)
            with elsewhere.reading() as session:
                standing = consent.standing(session, reader.id, app.newsletter_id)
                if elsewhere.is_sqlite:
                    # FULL: the commit waited for the disk.
                    assert session.scalar(sa.text("PRAGMA synchronous")) == 2
            elsewhere.close()
            assert standing is not None
            seen.append(standing.state)

    await create(app)(scope, receive, send)

    assert seen == [SubscriptionState.UNSUBSCRIBED]


@pytest.mark.parametrize("path", ["avsluta", "angra"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_token_that_is_not_ours_gets_the_very_same_answer(
    client: TestClient, reader: Reader, path: str, method: str
) -> None:
    right = Purpose.UNSUBSCRIBE if path == "avsluta" else Purpose.UNDO
    wrong = Purpose.UNDO if path == "avsluta" else Purpose.UNSUBSCRIBE
    genuine = reader.token(right)
    stranger = replace(reader.app.keys, current="a secret of somebody else, long enough")
    tokens = [
        "x",
        genuine[:-1],
        genuine + "a",
        genuine[:-1] + ("a" if genuine[-1] != "a" else "b"),
        "a" * 48,
        "%00",
        "å" * 48,
        reader.token(wrong),
        stranger.sign(Claim(right, reader.id, reader.app.newsletter_id, reader.app.clock())),
    ]
    before = everything_in(reader.app.database)

    data = OUR_ANSWER if method == "POST" else None
    answers = [client.request(method, f"/{path}/{token}", data=data) for token in tokens]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert "Länken fungerar inte" in answers[0].text
    assert everything_in(reader.app.database) == before


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=48, max_size=48))
def test_no_guess_unsubscribes_anybody(client: TestClient, reader: Reader, text: str) -> None:
    answer = client.post(f"/avsluta/{text}", data=ONE_CLICK)

    assert answer.status_code == 404
    assert reader.state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("stuck", [".", ")", ">", "%3E", ",", "”", "%C2%BB"])
def test_a_link_works_with_the_punctuation_of_its_sentence(
    client: TestClient, reader: Reader, stuck: str
) -> None:
    assert client.get(f"{reader.link}{stuck}").status_code == 200


def test_a_link_works_when_a_server_made_it_upper_case(client: TestClient, reader: Reader) -> None:
    answer = client.post(f"/avsluta/{reader.token().upper()}", data=ONE_CLICK)

    assert answer.status_code == 200
    assert reader.state is SubscriptionState.UNSUBSCRIBED


def test_an_old_letters_link_works_for_years_and_after_a_change_of_secret(
    app: App, reader: Reader, clock: Clock
) -> None:
    link = reader.link
    newer = with_settings(
        app,
        secret=SecretStr("the secret that came after the first one"),
        old_secrets=[app.settings.secret],
    )
    clock.forward(days=2000)

    with client_of(replace(newer, keys=keys_of(newer.settings))) as client:
        answer = client.post(link, data=ONE_CLICK)

    assert answer.status_code == 200
    assert reader.state is SubscriptionState.UNSUBSCRIBED


def test_undo_brings_the_reader_back(client: TestClient, reader: Reader) -> None:
    done = client.post(reader.link, data=OUR_ANSWER)

    back = client.post(undo_link_in(done.text), data=OUR_ANSWER)

    assert back.status_code == 200
    assert "location" not in back.headers
    assert "Du prenumererar igen</h1>" in back.text
    assert reader.state is SubscriptionState.ACTIVE
    assert events_of(reader)[-1].kind is ConsentKind.RESTORED


def test_undo_again_answers_the_same_and_changes_nothing(
    client: TestClient, reader: Reader
) -> None:
    undo_link = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)
    first = client.post(undo_link, data=OUR_ANSWER)
    before = everything_in(reader.app.database)

    again = client.post(undo_link, data=OUR_ANSWER)

    assert (again.status_code, again.text) == (200, first.text)
    assert everything_in(reader.app.database) == before


def test_opening_the_undo_link_asks_first(client: TestClient, reader: Reader) -> None:
    undo_link = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)

    page = client.get(undo_link)

    assert "Vill du prenumerera igen?</h1>" in page.text
    assert page.text.count("<button") == 1
    assert reader.state is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("data", [{}, ONE_CLICK, {"answer": "nej"}])
def test_only_the_button_undoes(client: TestClient, reader: Reader, data: dict[str, str]) -> None:
    undo_link = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)

    assert client.post(undo_link, data=data).status_code == 400
    assert reader.state is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_undo_ends_after_a_fortnight(
    client: TestClient, reader: Reader, clock: Clock, method: str
) -> None:
    undo_link = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)
    clock.forward(days=14, minutes=1)

    answer = client.request(method, undo_link, data=OUR_ANSWER if method == "POST" else None)

    assert answer.status_code == 410
    assert "Det går inte att ångra längre" in answer.text
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    assert "/angra/" not in client.get(reader.link).text


def test_opening_the_page_again_gives_no_new_fortnight(
    client: TestClient, reader: Reader, clock: Clock
) -> None:
    first = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)
    clock.forward(days=13)

    assert undo_link_in(client.get(reader.link).text) == first


def test_undo_takes_back_only_the_withdrawal_it_was_made_for(
    client: TestClient, reader: Reader, clock: Clock
) -> None:
    undo_link = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)
    client.post(undo_link, data=OUR_ANSWER)
    clock.forward(days=1)
    client.post(reader.link, data=OUR_ANSWER)

    answer = client.post(undo_link, data=OUR_ANSWER)

    assert answer.status_code == 410
    assert reader.state is SubscriptionState.UNSUBSCRIBED


def test_an_erased_reader_is_told_that_nothing_more_comes(
    client: TestClient, reader: Reader
) -> None:
    undo_link = undo_link_in(client.post(reader.link, data=OUR_ANSWER).text)
    with reader.app.database.writing() as session, erasing.permitted(session, [reader.id]):
        session.execute(sa.delete(Subscriber).where(Subscriber.id == reader.id))
    before = everything_in(reader.app.database)

    shown, posted = client.get(reader.link), client.post(reader.link, data=OUR_ANSWER)
    by_program = client.post(reader.link, data=ONE_CLICK)
    undone = client.post(undo_link, data=OUR_ANSWER)

    assert shown.text == posted.text
    assert "Du får inga fler nyhetsbrev</h1>" in shown.text
    assert "example.org är avslutad" not in shown.text
    assert "/angra/" not in shown.text
    assert by_program.status_code == 200
    assert undone.status_code == 410
    assert everything_in(reader.app.database) == before


@pytest.mark.parametrize("data", [None, ONE_CLICK, OUR_ANSWER])
def test_the_link_of_a_test_mail_says_so_and_does_nothing(
    client: TestClient, reader: Reader, data: dict[str, str] | None
) -> None:
    link = f"/avsluta/{reader.token(Purpose.TEST)}"
    before = everything_in(reader.app.database)

    answer = client.get(link) if data is None else client.post(link, data=data)

    assert answer.status_code == 200
    if data is not ONE_CLICK:
        assert "Det här är ett testutskick</h1>" in answer.text
        assert "<form" not in answer.text
    assert everything_in(reader.app.database) == before


def test_pages_speak_the_readers_language_and_can_be_turned(app: App, client: TestClient) -> None:
    english = add_reader(app, "robin@example.org", language="en")

    own, turned = client.get(english.link), client.get(f"{english.link}?lang=sv")

    assert '<html lang="en"' in own.text
    assert "<h1>Do you want to unsubscribe?</h1>" in own.text
    assert 'href="?lang=sv"' in own.text
    # Where she goes from here stays in English.
    assert 'href="/nyhetsbrev?lang=en"' in own.text
    assert '<html lang="sv"' in turned.text
    assert "<h1>Vill du avsluta?</h1>" in turned.text
    assert 'href="?lang=en"' in turned.text


def test_the_chosen_language_stays_through_leaving_and_coming_back(
    client: TestClient, reader: Reader
) -> None:
    done = client.post(f"{reader.link}?lang=en", data=OUR_ANSWER)
    back = client.post(f"{undo_link_in(done.text)}?lang=en", data=OUR_ANSWER)

    assert "You will get no more newsletters</h1>" in done.text
    assert 'action="/angra/' in done.text
    assert '?lang=en">' in done.text
    assert "You subscribe again</h1>" in back.text


def test_a_page_that_cannot_be_made_leaves_the_reader_as_they_were(
    app: App, reader: Reader, tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "unsubscribed.html").write_text("{{ no_such_thing }}")

    with client_of(replace(app, templates=TemplatesFolder(tmp_path))) as client:
        answer = client.post(reader.link, data=OUR_ANSWER)

    assert answer.status_code == 500
    assert "Din prenumeration är inte ändrad" in answer.text
    assert reader.state is SubscriptionState.ACTIVE


def test_a_name_in_the_settings_cannot_become_markup(app: App, reader: Reader) -> None:
    hostile = app.settings.newsletter.model_copy(
        update={"name": "<script>alert(1)</script>{{ 7 * 7 }}{0}"}
    )

    with client_of(with_settings(app, newsletter=hostile)) as client:
        pages = [client.get(reader.link), client.post(reader.link, data=OUR_ANSWER)]

    for page in pages:
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "{{ 7 * 7 }}{0}" in page.text


def test_one_click_in_a_test_mail_says_that_nobody_was_unsubscribed(
    client: TestClient, reader: Reader
) -> None:
    answer = client.post(f"/avsluta/{reader.token(Purpose.TEST)}", data=ONE_CLICK)

    assert answer.status_code == 200
    assert answer.headers["X-Newsletter-Way-Out"] == "test"
    assert "test" in answer.text
    assert reader.state is SubscriptionState.ACTIVE


def test_the_page_of_a_test_mail_can_always_be_read(client: TestClient) -> None:
    assert client.get("/test").status_code == 200


def test_whoever_was_taken_off_by_the_admin_is_shown_no_button_that_would_fail(
    client: TestClient, reader: Reader
) -> None:
    with reader.app.database.writing() as session:
        consent.unsubscribe(
            session,
            reader.id,
            reader.app.newsletter_id,
            source="phone",
            at=reader.app.clock(),
            actor="robin",
        )

    page = client.get(reader.link)

    assert page.status_code == 200
    assert "/angra/" not in page.text
