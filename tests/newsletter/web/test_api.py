"""Other programs read what is published and pass on a wish to subscribe, by the same rules."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import ServiceMail
from newsletter.settings import FurtherNewsletterSettings
from newsletter.web.site import create
from subscribers import addresses, suppression
from subscribers.models import (
    ConsentEvent,
    ConsentText,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
)
from tests.newsletter.web.conftest import (
    Publish,
    add_reader,
    client_of,
    everything_in,
    with_settings,
)

WISHES = "/api/subscriptions"
KIM = "kim.exempel@example.org"
OTHER_SITE = "https://www.example.com"


@pytest.fixture
def app(app: App) -> App:
    return with_settings(app, api_origins=[OTHER_SITE])


def wish(client: TestClient, address: str = KIM, *, origin: str = "", **fields: Any) -> Any:
    mark = client.get("/api/consent?lang=sv").json()["mark"]
    body = {"email": address, "language": "sv", "mark": mark} | fields
    return client.post(WISHES, json=body, headers={"Origin": origin} if origin else {})


def mails(app: App) -> list[tuple[str, str]]:
    with app.database.reading() as session:
        rows = session.execute(
            sa.select(ServiceMail.kind, ServiceMail.address).order_by(ServiceMail.id)
        )
        return [(row.kind, row.address) for row in rows]


def test_a_wish_is_taken_with_the_words_that_were_shown(app: App, client: TestClient) -> None:
    words = client.get("/api/consent?lang=en").json()

    answer = wish(client, origin=OTHER_SITE, language="en", mark=words["mark"])

    assert answer.status_code == 202
    assert answer.json() == {"status": "look_in_the_inbox"}
    assert mails(app) == [("confirmation", KIM)]
    with app.database.reading() as session:
        kept = session.execute(
            sa.select(ConsentEvent.source, ConsentText.text).join(
                ConsentText, ConsentText.id == ConsentEvent.text_id
            )
        ).one()
    assert kept == (f"api {OTHER_SITE}", words["text"])


@pytest.mark.parametrize("mark", ["0" * 32, "", None])
def test_who_was_shown_no_words_of_ours_is_not_signed_up(
    app: App, client: TestClient, mark: str | None
) -> None:
    answer = wish(client, mark=mark)

    assert answer.status_code in (400, 409)
    assert answer.headers["content-type"] == "application/problem+json"
    assert mails(app) == []
    with app.database.reading() as session:
        assert session.scalars(sa.select(Subscriber.id)).all() == []


@pytest.mark.parametrize("standing", ["new", "active", "left", "suppressed"])
def test_the_answer_is_the_same_whoever_has_the_address(
    app: App, client: TestClient, standing: str
) -> None:
    def told(answer: Any) -> Any:
        return answer.status_code, answer.content, dict(answer.headers)

    expected = told(wish(client, "nobody@example.net"))
    if standing == "active":
        add_reader(app, KIM)
    elif standing == "left":
        add_reader(app, KIM, state=SubscriptionState.UNSUBSCRIBED)
    elif standing == "suppressed":
        with app.database.writing() as session:
            suppression.add(
                session,
                app.keys,
                address=addresses.read(KIM),
                reason=SuppressionReason.MANUAL,
                at=app.clock(),
            )

    assert told(wish(client)) == expected


def test_a_network_asks_as_often_as_with_the_form_and_no_more(app: App) -> None:
    with client_of(with_settings(app, signups_per_hour=2)) as client:
        answers = [wish(client, f"person{n}@example.org") for n in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].headers["retry-after"] == "3600"
    assert len(mails(app)) == 2


@pytest.mark.parametrize(
    ("address", "code"),
    [("kim", "address"), ("kim@gmial.com", "typo"), ("kåre@example.org", "letters")],
)
def test_what_cannot_be_mailed_is_told_in_the_users_language(
    app: App, client: TestClient, address: str, code: str
) -> None:
    answer = wish(client, address)

    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.headers["content-language"] == "sv"
    assert mails(app) == []


def test_who_is_sure_of_an_odd_address_is_believed(client: TestClient) -> None:
    assert wish(client, "kim@gmial.com", sure=True).status_code == 202


def test_a_page_of_a_site_that_is_not_named_may_not_ask(app: App, client: TestClient) -> None:
    for origin in (
        "https://evil.example.net",
        "null",
        f"{OTHER_SITE}.example.net",
        "http://www.example.com",
    ):
        refused = wish(client, origin=origin)

        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
    assert mails(app) == []


def preflight(client: TestClient, path: str, origin: str, method: str) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type",
    }
    return client.options(path, headers=asked)


def test_a_browser_is_told_which_sites_may_post(client: TestClient) -> None:
    named = preflight(client, WISHES, OTHER_SITE, "POST")
    other = preflight(client, WISHES, "https://evil.example.net", "POST")
    deletes = preflight(client, WISHES, OTHER_SITE, "DELETE")

    assert named.status_code == 200
    assert named.headers["access-control-allow-origin"] == OTHER_SITE
    assert other.status_code == 400
    assert "access-control-allow-origin" not in other.headers
    assert deletes.status_code == 400
    for answer in (named, other, wish(client, origin=OTHER_SITE)):
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_a_page_cannot_post_past_the_browsers_question(app: App, client: TestClient) -> None:
    """Forms and plain text are sent without asking; JSON never is (Fetch, 2.2.2)."""
    mark = client.get("/api/consent").json()["mark"]
    body = f'{{"email": "{KIM}", "language": "sv", "mark": "{mark}"}}'

    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post(WISHES, content=body, headers={"Content-Type": media_type})
        assert answer.status_code == 415
    assert mails(app) == []


def test_any_page_may_read(client: TestClient, publish: Publish) -> None:
    content = publish()
    ask = {"Origin": "https://anybody.example.net"}

    listed = client.get("/api/issues", headers=ask)
    whole = client.get(f"/api/issues/{content.name}", headers=ask)

    assert listed.headers["access-control-allow-origin"] == "*"
    [line] = listed.json()["issues"]
    assert line["subject"] == content.subject
    assert line["stories"] == [story.title for story in content.stories]
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.json()["announcement_id"] == f"nyhetsbrev:{content.name}"
    assert client.get(client.get("/api/newsletter").json()["feed_url"]).status_code == 200
    again = client.get("/api/issues", headers={"If-None-Match": listed.headers["etag"]})
    assert again.status_code == 304


def test_search_and_pages(client: TestClient, publish: Publish) -> None:
    publish()

    assert client.get("/api/issues?q=no-such-word").json()["found"] == 0
    assert client.get("/api/issues?page=2").json()["issues"] == []
    for wrong in ("0", "-1", "x", "١", "9999999"):
        assert client.get(f"/api/issues?page={wrong}").status_code == 400


@pytest.mark.parametrize("slug", ["", "nothing", "nyhetsbrev%00"])
@pytest.mark.parametrize("path", ["newsletter", "consent", "issues", "issues/2017-02"])
def test_a_newsletter_that_is_not_there_is_no_newsletter(
    client: TestClient, path: str, slug: str
) -> None:
    assert client.get(f"/api/{path}?newsletter={slug}").status_code == 400


@pytest.mark.usefixtures("reader")
def test_reading_changes_nothing(app: App, client: TestClient) -> None:
    before = everything_in(app.database)

    for path in (
        "openapi.json",
        "newsletters",
        "newsletter",
        "consent",
        "issues",
        "issues/2017-02",
        "nothing",
    ):
        assert client.get(f"/api/{path}").status_code in (200, 404)
        assert client.head(f"/api/{path}").status_code in (200, 404)

    assert everything_in(app.database) == before


def test_nothing_is_answered_that_the_document_does_not_say(app: App, publish: Publish) -> None:
    """Schemathesis sends what the document allows, and what it forbids."""
    publish()
    # All on one machine: any other name would be refused.
    app = with_settings(
        app,
        base_url="http://127.0.0.1:8025",
        signups_per_hour=30,
        newsletters=[FurtherNewsletterSettings(slug="forskning", name="Forskningsnytt")],
    )
    site = create(app)
    schema = schemathesis.openapi.from_asgi(
        "/api/openapi.json", site, headers={"Host": "127.0.0.1"}
    )
    statuses: dict[int, int] = {}

    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        for mode in GenerationMode:
            if mode.is_negative and not (operation.query or operation.body):
                # What has no wrong form cannot be asked for in one.
                continue

            @given(case=operation.as_strategy(mode))
            @hypothesis_settings(
                max_examples=20,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            def judge(case: schemathesis.Case[Any]) -> None:
                answer = case.call_and_validate(
                    headers={"Host": "127.0.0.1"},
                    # No schema can say which addresses can be mailed.
                    excluded_checks=[positive_data_acceptance] if case.method == "POST" else [],
                )
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

            judge()
    assert {200, 400, 404, 409} <= set(statuses)
