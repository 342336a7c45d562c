"""Two newsletters at one desk: one sign-in, a switch, and every room is its own newsletter's."""

from __future__ import annotations

import re

import pytest

from newsletter.app import App
from newsletter.issues import composing
from newsletter.settings import FurtherNewsletterSettings, Settings
from tests.newsletter.web.conftest import add_reader
from tests.newsletter.web.desk.conftest import Editor
from tests.newsletter.web.desk.prepared import approve
from tests.newsletter.web.desk.test_rooms import form_of
from tests.newsletter.web.desk.test_start import store_items

FIRST, OTHER = "/redaktion", "/redaktion/nyhetsbrev/forskning"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    further = FurtherNewsletterSettings(
        slug="forskning", name="Forskningsnytt", from_name="Forskning",
        from_address="forskning@example.net",
    )  # fmt: skip
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    return Settings(**values | {"newsletters": [further]})


def issues_of(app: App) -> list[str]:
    with app.database.reading() as session:
        return [issue.name for issue in composing.every(session, app.newsletter_id)]


def test_each_newsletter_has_rooms_of_its_own(editor: Editor, app: App) -> None:
    other = app.of("forskning")
    store_items(app, "Första nyheten", "Andra nyheten")

    assert editor.post(OTHER) == f"{OTHER}/2026-01/valj"
    assert editor.post(FIRST) == f"{FIRST}/2026-01/valj"
    issue = f"{OTHER}/2026-01"
    leads_to = editor.post(
        f"{issue}/skriv", **form_of(editor.see(f"{issue}/skriv")), title="Om forskning", nasta="ja"
    )

    assert leads_to.startswith(f"{issue}/skriv?nyhet=")
    assert issues_of(app) == issues_of(other) == ["2026-01"]
    assert "Om forskning" in editor.see(f"{issue}/kontrollera")
    assert "Om forskning" not in editor.see(f"{FIRST}/2026-01/kontrollera")
    assert f'href="{OTHER}/2026-01/skriv?nyhet=' in editor.see(f"{issue}/kontrollera")
    assert "Forskningsnytt" in editor.see(f"{issue}/prov/dator")
    assert "– Forskningsnytt</title>" in editor.see(OTHER)
    back = editor.post(f"{issue}/versioner", angra="ja", tillbaka=f"{issue}/skriv?nyhet=1")
    assert back == f"{issue}/skriv?nyhet=1"


def test_the_switch_leads_to_every_newsletter(editor: Editor) -> None:
    for here in (FIRST, OTHER):
        switch = re.findall(
            r'<a href="(/redaktion[^"]*)"( aria-current="true")?>', editor.see(here)
        )
        assert {(FIRST, ' aria-current="true"' * (here == FIRST)),
                (OTHER, ' aria-current="true"' * (here == OTHER))} <= set(switch)  # fmt: skip


def test_readers_of_one_newsletter_are_counted_in_its_rooms(editor: Editor, app: App) -> None:
    other = app.of("forskning")
    add_reader(other, "kim@example.org")
    store_items(app, "Första nyheten")
    editor.post(OTHER)
    approve(other)

    assert "Skicka till 1 prenumerant" in editor.see(f"{OTHER}/2026-01/skicka")


def test_who_is_not_signed_in_comes_back_to_the_newsletter(editor: Editor) -> None:
    editor.client.cookies.clear()

    leads_to = editor.client.get(f"{OTHER}/statistik").headers["location"]

    assert (
        leads_to == "/redaktion/logga-in?vidare=%2Fredaktion%2Fnyhetsbrev%2Fforskning%2Fstatistik"
    )


def test_a_newsletter_that_is_not_there_has_no_rooms(editor: Editor) -> None:
    assert editor.client.get("/redaktion/nyhetsbrev/annat").status_code == 404
