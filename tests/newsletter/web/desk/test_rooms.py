"""The rooms of an issue: choose, write, check, approve, undo; by forms and links alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from newsletter.app import App
from newsletter.content import ADDRESS_SLOT
from newsletter.issues import composing, link_checking
from newsletter.models import IssueState, Role
from newsletter.settings import DeskSettings
from tests.newsletter.fetching.web_server import Answer, web_server
from tests.newsletter.web.conftest import everything_in
from tests.newsletter.web.desk.conftest import Editor, Hire
from tests.newsletter.web.desk.prepared import accept_all, write_to_an_end
from tests.newsletter.web.desk.test_start import store_items

ISSUE = "/redaktion/2026-01"


@pytest.fixture
def begun(editor: Editor, app: App) -> Editor:
    """An editor with an issue of three stories."""
    store_items(app, "Första nyheten", "Andra nyheten", "Tredje nyheten")
    editor.post("/redaktion")
    return editor


def titles(app: App) -> list[str]:
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, "2026-01")
        return [
            row.item.title if row.title is None else row.title
            for section in issue.sections
            for row in section.placed_items
        ]


def form_of(page: str) -> dict[str, str]:
    """Return what the form of the writing room would send unchanged."""
    sent = dict(
        re.findall(r'<input type="hidden" name="(nyhet|del|nu)"[^>]* value="([^"]*)"', page)
    )
    nu = re.findall(r'name="nu" id="nu" value="(\w+)"', page)
    return sent | ({"nu": nu[0]} if nu else {})


def state(app: App) -> IssueState:
    with app.database.reading() as session:
        return composing.find(session, app.newsletter_id, "2026-01").state


def test_looking_into_every_room_changes_nothing(begun: Editor, app: App) -> None:
    before = everything_in(app.database)

    for room in ("valj", "valj?sok=andra", "skriv", "skriv?del=amne", "skriv?del=inledning",
                 "skriv?del=kontakt", "kontrollera", "versioner", "prov/dator", "prov/mobil",
                 "prov/morkt", "prov/utan-bilder", "prov/text", "prov/inkorg"):  # fmt: skip
        begun.see(f"{ISSUE}/{room}")
        begun.see(f"{ISSUE}/{room}{'&' if '?' in room else '?'}lang=en")

    assert everything_in(app.database) == before


def test_what_is_not_ticked_leaves_the_issue(begun: Editor, app: App) -> None:
    page = begun.see(f"{ISSUE}/valj")
    offered = re.findall(r'name="erbjuden" value="(\d+)"', page)

    leads_to = begun.client.post(
        f"{ISSUE}/valj",
        data={
            "svar": begun.answer,
            "vidare": "ja",
            "erbjuden": offered,
            "vald": offered[:1],
            **{f"avsnitt-{item}": "Nyheter" for item in offered},
        },
    ).headers["location"]

    assert leads_to == f"{ISSUE}/skriv"
    assert len(titles(app)) == 1


def test_a_search_finds_by_parts_of_words(begun: Editor) -> None:
    page = begun.see(f"{ISSUE}/valj?sok=tred nyh")

    assert "Tredje nyheten" in page
    assert page.count('name="erbjuden"') == 1


def test_a_note_of_ones_own_is_written_at_once(begun: Editor, app: App) -> None:
    leads_to = begun.post(f"{ISSUE}/valj", notis="ja", notis_rubrik="Sommaruppehåll")

    assert "Sommaruppehåll" in begun.see(leads_to)
    assert "Sommaruppehåll" in titles(app)


def test_words_are_kept_and_hints_stand_beside_them(begun: Editor, app: App) -> None:
    page = begun.see(f"{ISSUE}/skriv")

    leads_to = begun.post(
        f"{ISSUE}/skriv", **form_of(page), title="EUs politik", url="https://www.example.org/a"
    )

    after = begun.see(leads_to)
    assert "EUs politik" in titles(app)
    assert "EU:s" in after
    fingerprint = re.findall(r'name="ratta" value="(\w+)"', after)[0]
    begun.post(f"{ISSUE}/skriv", **form_of(after), ratta=fingerprint)
    assert "EU:s politik" in titles(app)


def test_marks_of_a_foreign_passage_stand_only_where_they_are_typed(begun: Editor) -> None:
    line = "Vi var på [en: Going Green]"
    writing = form_of(begun.see(f"{ISSUE}/skriv?nyhet=1"))
    begun.post(f"{ISSUE}/skriv", **writing, title=line, text="En hel mening.", url="")
    letter = form_of(begun.see(f"{ISSUE}/skriv?del=amne"))
    begun.post(f"{ISSUE}/skriv", **letter, subject=line, preheader=line)

    rooms = ["valj", "skriv?nyhet=2", "kontrollera", "versioner", "prov/dator", "prov/mobil",
             "prov/text", "prov/inkorg"]  # fmt: skip
    pages = [begun.see("/redaktion"), *(begun.see(f"{ISSUE}/{room}") for room in rooms)]

    for page in pages:
        assert "Going Green" in page
        assert "[en:" not in page
    assert 'value="Vi var på [en: Going Green]"' in begun.see(f"{ISSUE}/skriv?nyhet=1")


def test_the_second_of_two_editors_is_asked_and_nothing_is_lost(
    begun: Editor, hire: Hire, app: App
) -> None:
    robin = hire("robin@example.org", name="Robin Exempel")
    robin.come_in()
    mine, theirs = begun.see(f"{ISSUE}/skriv"), robin.see(f"{ISSUE}/skriv")

    begun.post(f"{ISSUE}/skriv", **form_of(mine), title="Kims rubrik")
    conflict = robin.client.post(
        f"{ISSUE}/skriv", data={"svar": robin.answer, **form_of(theirs), "title": "Robins rubrik"}
    )

    assert conflict.status_code == 409
    assert "Kims rubrik" in conflict.text
    assert 'value="Robins rubrik"' in conflict.text
    assert "Kims rubrik" in titles(app)
    assert "Kim Exempel ändrar i numret just nu." in robin.see(f"{ISSUE}/skriv")
    robin.post(f"{ISSUE}/skriv", **form_of(conflict.text), title="Robins rubrik", behall="ja")
    assert "Robins rubrik" in titles(app)


def test_writing_in_different_places_disturbs_nobody(begun: Editor, hire: Hire, app: App) -> None:
    robin = hire("robin@example.org", name="Robin Exempel")
    robin.come_in()
    mine, theirs = begun.see(f"{ISSUE}/skriv?nyhet=1"), robin.see(f"{ISSUE}/skriv?nyhet=2")

    begun.post(f"{ISSUE}/skriv", **form_of(mine), title="Kims rubrik")
    robin.post(f"{ISSUE}/skriv", **form_of(theirs), title="Robins rubrik")

    assert {"Kims rubrik", "Robins rubrik"} <= set(titles(app))


def test_stories_move_and_the_moves_are_undone(begun: Editor, app: App) -> None:
    before = titles(app)
    second = begun.see(f"{ISSUE}/skriv?nyhet=2")

    begun.post(f"{ISSUE}/skriv", **form_of(second), flytta="upp")
    moved = titles(app)
    begun.post(f"{ISSUE}/versioner", angra="ja")
    undone = titles(app)
    begun.post(f"{ISSUE}/versioner", gor_om="ja")

    assert sorted(moved) == sorted(before)
    assert moved != before
    assert undone == before
    assert titles(app) == moved


def test_what_was_removed_comes_back(begun: Editor, app: App) -> None:
    leads_to = begun.post(
        f"{ISSUE}/skriv", **form_of(begun.see(f"{ISSUE}/skriv?nyhet=2")), ta_bort="ja"
    )
    assert "Andra nyheten" not in titles(app)
    assert "”Andra nyheten” togs bort ur numret." in begun.see(leads_to)

    begun.post(f"{ISSUE}/versioner", angra="ja")

    assert "Andra nyheten" in titles(app)
    assert "togs bort ur numret" not in begun.see(leads_to)


def test_a_section_of_ones_own_stands_at_the_end_until_something_is_in_it(
    begun: Editor, app: App
) -> None:
    add = {"avsnitt": "ja", "avsnitt_namn": "  Från  vårt kontor "}
    outline = begun.see(begun.post(f"{ISSUE}/valj", **add))
    again = begun.client.post(f"{ISSUE}/valj", data={"svar": begun.answer, **add})

    assert "<option>Från vårt kontor</option>" in outline
    assert "Från vårt kontor" not in begun.see(f"{ISSUE}/prov/text")
    assert again.status_code == 422
    page = begun.see(f"{ISSUE}/skriv?nyhet=2")
    begun.post(f"{ISSUE}/skriv", **form_of(page) | {"avsnitt": "Från vårt kontor"})
    assert "Från vårt kontor" in begun.see(f"{ISSUE}/prov/text")
    assert titles(app)[-1] == "Andra nyheten"


def test_the_editorial_can_begin_with_that_of_the_issue_before(begun: Editor, app: App) -> None:
    part = f"{ISSUE}/skriv?del=inledning"
    assert "Börja med den" not in begun.see(part)
    with app.database.writing() as session:
        before = composing.create(
            session, app.newsletter_id, issued_on=app.today - timedelta(days=30),
            rules=app.press.section_rules, now=app.clock(), with_items=False,
        )  # fmt: skip
        before.editorial = "Hej *alla*!"
    page = begun.see(part)

    begun.post(f"{ISSUE}/skriv", **form_of(page), forra="ja")

    assert "Hej *alla*!" in page
    assert ">\nHej *alla*!</textarea>" in begun.see(part)
    assert "<em>alla</em>" in begun.see(f"{ISSUE}/prov/dator")


def test_a_yellow_hint_needs_a_reason(begun: Editor, app: App) -> None:
    write_to_an_end(
        app,
        subject="Tre nyheter om hur Exempelregionen arbetar med film, praktik och smarta städer",
    )
    page = begun.see(f"{ISSUE}/kontrollera")
    fingerprint = re.findall(r'name="godta" value="(\w+)"', page)[0]

    refused = begun.client.post(
        f"{ISSUE}/kontrollera", data={"svar": begun.answer, "godta": fingerprint}
    )
    begun.post(f"{ISSUE}/kontrollera", godta=fingerprint, **{f"skal-{fingerprint}": "Avstämt."})

    assert refused.status_code == 422
    assert "Skriv varför det är rätt ändå." in refused.text
    accepted = begun.see(f"{ISSUE}/kontrollera")
    assert "Avstämt." in accepted
    begun.post(f"{ISSUE}/kontrollera", angra=fingerprint)
    assert "Avstämt." not in begun.see(f"{ISSUE}/kontrollera")


def test_the_issue_is_approved_when_nothing_is_left(begun: Editor, app: App) -> None:
    early = begun.client.post(f"{ISSUE}/kontrollera", data={"svar": begun.answer, "godkann": "ja"})
    assert early.status_code == 422
    write_to_an_end(app)
    accept_all(app)

    leads_to = begun.post(f"{ISSUE}/kontrollera", godkann="ja", annan="Robin Exempel")

    assert leads_to == f"{ISSUE}/skicka"
    assert state(app) is IssueState.APPROVED
    begun.post(f"{ISSUE}/skriv", **form_of(begun.see(f"{ISSUE}/skriv")), title="Ändrad")
    assert state(app) is IssueState.DRAFT


def test_four_eyes_are_two_people(begun: Editor, hire: Hire, app: App) -> None:
    app.settings.desk = DeskSettings(four_eyes=True)
    write_to_an_end(app)
    accept_all(app)
    approver = hire("robin@example.org", name="Robin Exempel", role=Role.APPROVER)
    approver.come_in()

    own = begun.client.post(f"{ISSUE}/kontrollera", data={"svar": begun.answer, "godkann": "ja"})

    assert own.status_code == 422
    assert state(app) is IssueState.DRAFT
    approver.post(f"{ISSUE}/kontrollera", godkann="ja")
    assert state(app) is IssueState.APPROVED


def test_hostile_words_are_shown_as_words(begun: Editor) -> None:
    hostile = '"><script>alert(1)</script>{{ 4321*1234 }}</textarea><img src=x onerror=alert(1)>'
    begun.post(f"{ISSUE}/skriv", **form_of(begun.see(f"{ISSUE}/skriv?nyhet=1")), title=hostile,
               text=hostile, link_text=hostile)  # fmt: skip

    for room in ("valj", "skriv?nyhet=1", "kontrollera", "prov/dator", "prov/text", "prov/inkorg"):
        page = begun.see(f"{ISSUE}/{room}")
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "5332114" not in page


def test_a_link_that_answered_is_said_to(begun: Editor, app: App) -> None:
    url = "http://www.example.org/nyhet"
    page = begun.see(f"{ISSUE}/skriv?nyhet=1")
    begun.post(f"{ISSUE}/skriv", **form_of(page), url=url)
    assert "Länken leder till en sida" not in begun.see(f"{ISSUE}/skriv?nyhet=1")

    with web_server() as web:
        web.answers["/nyhet"] = Answer()
        link_checking.check(app.database, web.fetcher(), [url], clock=app.clock)

    assert "Länken leder till en sida, kontrollerad 20 november." in begun.see(
        f"{ISSUE}/skriv?nyhet=1"
    )


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "no link"])
def test_a_link_that_leads_nowhere_good_is_refused(begun: Editor, link: str) -> None:
    page = begun.see(f"{ISSUE}/skriv?nyhet=1")

    refused = begun.client.post(
        f"{ISSUE}/skriv", data={"svar": begun.answer, **form_of(page), "url": link}
    )

    assert refused.status_code == 422
    assert "Inte sparat än." in refused.text
    assert f'value="{link}"' in refused.text


@pytest.mark.parametrize(
    ("field", "typed"), [("title", " "), ("link_text", "www.example.org"), ("text", ADDRESS_SLOT)]
)
def test_words_no_letter_can_be_made_of_are_not_kept_and_shut_nobody_out(
    begun: Editor, app: App, field: str, typed: str
) -> None:
    page = begun.see(f"{ISSUE}/skriv?nyhet=1")
    link = {"url": "https://www.example.com/"} if field == "link_text" else {}

    refused = begun.client.post(
        f"{ISSUE}/skriv", data={"svar": begun.answer, **form_of(page), **link, field: typed}
    )

    assert refused.status_code == 422
    assert "Det du skrev finns kvar i formuläret." in refused.text
    assert titles(app)[0] != typed
    begun.post(f"{ISSUE}/skriv", **form_of(refused.text), title="En bättre rubrik")
    assert "En bättre rubrik" in titles(app)


def test_a_picture_that_is_none_is_explained_and_the_words_stay(begun: Editor, app: App) -> None:
    page = begun.see(f"{ISSUE}/skriv?nyhet=1")

    refused = begun.client.post(
        f"{ISSUE}/skriv",
        data={"svar": begun.answer, **form_of(page), "title": "Ny rubrik"},
        files={"bild": ("bild.png", b"MZ this is no picture", "image/png")},
    )

    assert refused.status_code == 422
    assert "Inte sparat än." in refused.text
    assert 'value="Ny rubrik"' in refused.text
    assert "Ny rubrik" not in titles(app)


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5_000, "-1", "x"])
def test_a_number_that_no_row_has_is_none(begun: Editor, number: str) -> None:
    for query in (f"nyhet={number}", f"nyhet=1&borttagen={number}"):
        assert begun.client.get(f"{ISSUE}/skriv?{query}").status_code == 200
    for room, data in (
        (f"{ISSUE}/versioner", {"version": number}),
        (f"{ISSUE}/valj", {"erbjuden": number, "vald": number, "topp": number}),
        ("/redaktion/inloggningar", {"en": number}),
    ):
        answer = begun.client.post(room, data={"svar": begun.answer, **data})
        assert answer.status_code in (303, 404, 422)


@pytest.mark.parametrize("view", ["dator", "mobil", "morkt", "utan-bilder", "text", "inkorg"])
def test_without_scripts_a_tab_is_a_link_to_its_view(begun: Editor, view: str) -> None:
    page = begun.see(f"{ISSUE}/skriv?nyhet=1&visa={view}")

    assert f'src="{ISSUE}/prov/{view}' in page
    assert re.search(f'aria-selected="true"[^>]*visa={view}"', page)


def test_there_is_no_issue_of_that_name(editor: Editor) -> None:
    for room in ("valj", "skriv", "kontrollera", "prov/dator"):
        answer = editor.client.get(f"/redaktion/2026-77/{room}")

        assert answer.status_code == 404
        assert "newsletter issues" not in answer.text
