"""Joining: one mail, one press, and nothing learnt by whoever types somebody else's address."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import Attempt, Issue, IssueState, ServiceMail
from newsletter.web import attempts
from subscribers import addresses, suppression
from subscribers.models import (
    ConsentEvent,
    ConsentKind,
    ConsentText,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.tokens import Claim, Purpose
from tests.conftest import Clock
from tests.newsletter.web.conftest import (
    Reader,
    add_reader,
    client_of,
    everything_in,
    publish_issue,
    with_settings,
)

FORM = "/nyhetsbrev/prenumerera"
KIM = "kim.exempel@example.org"
#: What differs from one page to the next for reasons of its own.
ADDRESS = re.compile(r"[\w.…+-]+@[\w.-]+")


def mark_of(page: str) -> str:
    found = re.search(r'name="mark" value="(\w+)"', page)
    assert found is not None
    return found[1]


def join(client: TestClient, address: str = KIM, **fields: str) -> Any:
    form = {"email": address, "language": "sv", "mark": mark_of(client.get(FORM).text)}
    return client.post(FORM, data=form | fields)


def mails(app: App) -> list[tuple[str, str]]:
    with app.database.reading() as session:
        rows = session.execute(
            sa.select(ServiceMail.kind, ServiceMail.address).order_by(ServiceMail.id)
        )
        return [(row.kind, row.address) for row in rows]


def people(app: App) -> list[Reader]:
    with app.database.reading() as session:
        ids = session.scalars(sa.select(Subscriber.id).order_by(Subscriber.id))
        return [Reader(app, number) for number in ids]


def link_of(reader: Reader) -> str:
    return f"/bekrafta/{reader.token(Purpose.CONFIRM)}"


def confirm(client: TestClient, link: str) -> Any:
    return client.post(link, data={"answer": "ja", "mark": mark_of(client.get(link).text)})


def test_who_joins_and_confirms_is_on_the_list_and_welcomed(
    app: App, client: TestClient, clock: Clock
) -> None:
    asked = join(client)
    [reader] = people(app)
    before = reader.state
    clock.forward(days=6)
    link = f"/bekrafta/{app.keys.sign(Claim(Purpose.CONFIRM, reader.id, app.newsletter_id, clock() - timedelta(days=6)))}"  # noqa: E501

    first, second = confirm(client, link), client.get(link)

    assert asked.status_code == 200
    assert "Vi har skickat ett mejl till" in asked.text
    assert KIM in asked.text
    assert before is SubscriptionState.PENDING
    assert "Välkommen!" in first.text
    assert "Nästa nummer kommer i" not in first.text
    assert "Klart, du prenumererar redan" in second.text
    assert reader.state is SubscriptionState.ACTIVE
    assert mails(app) == [("confirmation", KIM), ("welcome", KIM)]


def test_the_welcome_says_in_which_month_the_next_issue_comes_where_that_is_known(
    app: App, client: TestClient, clock: Clock
) -> None:
    publish_issue(app, IssueState.SCHEDULED)
    with app.database.writing() as session:
        session.scalars(sa.select(Issue)).one().scheduled_at = clock() + timedelta(days=40)
    join(client)

    page = confirm(client, link_of(people(app)[0])).text

    month = app.language.month_name((clock() + timedelta(days=40)).date())
    assert f"Nästa nummer kommer i {month}." in page
    with app.database.reading() as session:
        welcome = session.scalars(sa.select(ServiceMail).where(ServiceMail.kind == "welcome")).one()
    assert welcome.fields == {"comes_at": (clock() + timedelta(days=40)).isoformat()}


def test_the_form_says_what_the_newsletter_is_about_in_its_own_language(app: App) -> None:
    ours = app.settings.newsletter.model_copy(update={"about": "Nyheter om hav & land."})
    with client_of(with_settings(app, newsletter=ours)) as client:
        page = client.get("/nyhetsbrev/prenumerera?lang=en").text

    assert '<span lang="sv">Nyheter om hav &amp; land.</span> About once a month.' in page
    assert '<meta name="description" content="Nyheter om hav &amp; land.">' in page


@pytest.mark.parametrize(
    ("rhythm", "said"), [("weekly", "Ungefär en gång i veckan. Gratis."), ("", ">Gratis.")]
)
def test_the_form_says_how_often_it_comes_where_that_is_known(
    app: App, rhythm: str, said: str
) -> None:
    ours = app.settings.newsletter.model_copy(update={"rhythm": rhythm})
    with client_of(with_settings(app, newsletter=ours)) as client:
        page = client.get("/nyhetsbrev/prenumerera").text

    assert said in page
    assert "månaden" not in page


def test_the_words_that_were_shown_are_the_words_that_are_kept(
    app: App, client: TestClient
) -> None:
    page = client.get(f"{FORM}?lang=en").text
    client.post(f"{FORM}?lang=en", data={"email": KIM, "language": "en", "mark": mark_of(page)})
    [reader] = people(app)
    confirm(client, link_of(reader))

    with app.database.reading() as session:
        rows = session.execute(
            sa.select(ConsentEvent.kind, ConsentText.language, ConsentText.text)
            .join(ConsentText, ConsentText.id == ConsentEvent.text_id)
            .order_by(ConsentEvent.id)
        ).all()
    assert [(row.kind, row.language) for row in rows] == [
        (ConsentKind.REQUESTED, "en"),
        (ConsentKind.CONFIRMED, "en"),
    ]
    # To the letter, but for what HTML must write otherwise.
    assert rows[0].text in page


def test_other_words_than_those_shown_are_not_agreed_to(app: App, client: TestClient) -> None:
    answer = client.post(FORM, data={"email": KIM, "language": "sv", "mark": "0" * 32})

    assert answer.status_code == 409
    assert "Texten vid knappen ändrades nyss." in answer.text
    assert people(app) == []
    assert mails(app) == []


def test_a_form_on_another_site_leads_to_the_words_with_the_address_filled_in(
    app: App, client: TestClient
) -> None:
    answer = client.post(FORM, data={"email": KIM}, headers={"Origin": "https://www.example.com"})

    assert answer.status_code == 200
    assert f'value="{KIM}"' in answer.text
    assert "<title>Fel: " not in answer.text
    assert mark_of(answer.text)
    assert people(app) == []
    assert mails(app) == []


@pytest.mark.parametrize("standing", ["new", "active", "left", "bounced", "suppressed", "trapped"])
def test_the_page_is_the_same_whoever_has_the_address(
    app: App, client: TestClient, clock: Clock, standing: str
) -> None:
    expected = join(client, "nobody@example.net").text
    if standing in ("active", "left"):
        reader = add_reader(app, KIM, language="en")
        if standing == "left":
            client.post(reader.link, data={"answer": "ja"})
    if standing in ("bounced", "suppressed"):
        with app.database.writing() as session:
            suppression.add(
                session, app.keys, address=addresses.read(KIM), at=clock(),
                reason=SuppressionReason.HARD_BOUNCE
                if standing == "bounced" else SuppressionReason.MANUAL,
            )  # fmt: skip
    clock.forward(hours=1)

    answer = join(
        client, KIM, **({"website": "https://spam.example"} if standing == "trapped" else {})
    )

    assert answer.status_code == 200
    if standing != "trapped":
        assert ADDRESS.sub("@", answer.text) == ADDRESS.sub("@", expected)
    sent = [kind for kind, address in mails(app) if address == KIM]
    assert sent == {
        "active": ["already"], "suppressed": [], "trapped": [],
    }.get(standing, ["confirmation"])  # fmt: skip


def test_whoever_left_is_out_until_they_confirm_and_then_is_in(
    client: TestClient, reader: Reader
) -> None:
    client.post(reader.link, data={"answer": "ja"})

    join(client)
    out = reader.state
    confirm(client, link_of(reader))

    assert out is SubscriptionState.UNSUBSCRIBED
    assert reader.state is SubscriptionState.ACTIVE


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Skriv en e-postadress, till exempel namn@example.org."),
        ("kim.exempel", "Skriv en e-postadress, till exempel namn@example.org."),
        ("<script>@example.org", "Skriv en e-postadress, till exempel namn@example.org."),
        ("pär@example.org", "med å, ä eller ö före @"),
    ],
)
def test_what_is_no_address_is_explained_where_it_stands(
    app: App, client: TestClient, typed: str, words: str
) -> None:
    answer = join(client, typed)

    assert answer.status_code == 422
    assert "<title>Fel: " in answer.text
    assert answer.text.count(words) == 2
    assert 'aria-invalid="true"' in answer.text
    assert "<script>@" not in answer.text
    assert people(app) == []


@pytest.mark.parametrize(
    "typed", [" kim@västra.example.org ", "kim+nyheter@example.org", "K@EXAMPLE.ORG"]
)
def test_addresses_are_taken_as_people_write_them(app: App, client: TestClient, typed: str) -> None:
    assert join(client, typed).status_code == 200
    assert len(people(app)) == 1


def test_a_slip_is_asked_about_and_never_forced(app: App, client: TestClient) -> None:
    asked = join(client, "kim@gmial.com")
    nobody = people(app)
    sure = re.search(r'name="sure" value="([^"]+)"', asked.text)
    assert sure is not None

    kept = join(client, "kim@gmial.com", sure=sure[1])
    taken = join(client, "kim@gmail.com")

    assert "Menade du kim@gmail.com?" in asked.text
    assert nobody == []
    assert "Nu återstår ett steg" in kept.text
    assert "Nu återstår ett steg" in taken.text
    assert [address for _, address in mails(app)] == [
        "kim@gmial.com",
        "kim@gmail.com",
    ]


def test_one_address_is_mailed_three_times_a_day_however_often_it_is_asked_for(
    app: App, client: TestClient, clock: Clock
) -> None:
    pages = [join(client) for _ in range(6)]
    clock.forward(days=1, minutes=1)
    join(client)

    assert len({page.text for page in pages}) == 1
    assert len(mails(app)) == 4


def test_one_network_cannot_sign_up_the_world(app: App, clock: Clock) -> None:
    few = with_settings(app, signups_per_hour=3)
    with client_of(few) as client:
        statuses = [join(client, f"reader{n}@example.org").status_code for n in range(5)]
        refused = join(client)
        clock.forward(hours=1, minutes=1)
        later = join(client)

    assert statuses == [200, 200, 200, 429, 429]
    assert refused.headers["Retry-After"] == "3600"
    assert "Vänta en timme" in refused.text
    assert later.status_code == 200
    assert len(people(app)) == 4


def test_nothing_that_is_counted_can_be_read(app: App, client: TestClient, clock: Clock) -> None:
    join(client)
    with app.database.reading() as session:
        keys = session.scalars(sa.select(Attempt.key)).all()
    clock.forward(days=2)
    join(client, "lo@example.org")
    with app.database.reading() as session:
        left = session.scalar(sa.select(sa.func.count()).select_from(Attempt))

    assert all(len(key) == 32 for key in keys)
    assert not any(b"exempel" in key for key in keys)
    assert left == 2


def test_a_link_that_is_too_old_says_until_when_and_gives_a_new_one(
    app: App, client: TestClient, clock: Clock
) -> None:
    join(client)
    [reader] = people(app)
    link = link_of(reader)
    clock.forward(days=8)

    shown = client.get(link)
    pressed = client.post(link, data={"answer": "ja", "mark": "0" * 32})
    again = client.post(link, data={"answer": "ny"})

    assert shown.status_code == 410
    assert "Länken gällde till och med 27 november 2026 kl. 09.00." in shown.text.replace(
        "\xa0", " "
    )
    assert reader.state is SubscriptionState.PENDING
    assert pressed.status_code in (409, 410)
    assert "k…l@example.org" in again.text
    assert mails(app) == [("confirmation", KIM)] * 2


def test_looking_at_the_pages_changes_nothing(app: App, client: TestClient) -> None:
    join(client)
    [reader] = people(app)
    before = everything_in(app.database)

    for _ in range(3):
        for path in (FORM, link_of(reader)):
            assert client.get(path).status_code == 200
            assert client.head(path).status_code == 200

    assert everything_in(app.database) == before


def test_a_token_for_something_else_confirms_nobody(client: TestClient, reader: Reader) -> None:
    for purpose in Purpose:
        if purpose is not Purpose.CONFIRM:
            assert client.get(f"/bekrafta/{reader.token(purpose)}").status_code == 404


def test_somebody_erased_since_is_nobody(app: App, client: TestClient) -> None:
    link = link_of(Reader(app, 4711))

    assert client.get(link).status_code == 410
    assert client.post(link, data={"answer": "ny"}).status_code == 200
    assert mails(app) == []


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(typed=st.text(max_size=300), language=st.text(max_size=10), sure=st.text(max_size=10))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_is_typed_the_answer_is_a_page(
    client: TestClient, typed: str, language: str, sure: str
) -> None:
    answer = client.post(FORM, data={"email": typed, "language": language, "sure": sure})

    assert answer.status_code in (200, 409, 422, 429)
    assert "<h1>" in answer.text


@pytest.mark.parametrize(
    ("peer", "told", "network"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        # What the client says of itself stands first; our proxy's word stands last.
        ("127.0.0.1", "10.9.9.9, 192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.1", "192.0.2.7"),
        ("127.0.0.1", "2001:db8:1:2345::1", "2001:db8:1:2300::/56"),
        ("127.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "nonsense", "unknown"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_our_own_proxy_tells_who_asks(app: App, peer: str, told: str, network: str) -> None:
    headers = [(b"x-forwarded-for", told.encode())] if told else []
    request = Request({"type": "http", "headers": headers, "client": (peer, 1)})

    assert attempts.network_of(request, app.settings.trusted_proxies) == network
