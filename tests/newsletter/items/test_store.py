from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.errors import NoSuchError
from newsletter.items import editing, store
from newsletter.items.drafts import ItemDraft
from newsletter.items.store import Imported, Outcome
from newsletter.models import Item, ItemKind
from tests.newsletter.items.pages import SAMPLE, draft, hidden, read_text

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def save(database: Database, *drafts: ItemDraft, now: datetime = NOW) -> list[Imported]:
    with database.writing() as session:
        return store.save(session, drafts, now=now)


def stored(database: Database) -> list[Item]:
    with database.reading() as session:
        return store.search(session)


def outcomes(imported: list[Imported]) -> list[str]:
    return [one.outcome.value for one in imported]


def test_a_page_imported_twice_is_stored_once(database: Database) -> None:
    drafts = read_text(SAMPLE.read_text(encoding="utf-8")).drafts

    first = save(database, *drafts)
    second = save(database, *drafts, now=LATER)

    assert outcomes(first) == ["new"] * 6 + ["announcement"] + ["new"] * 3
    assert outcomes(second) == ["unchanged"] * 10
    assert [item.title for item in stored(database)] == [one.title for one in drafts]
    assert {item.updated_at for item in stored(database)} == {NOW}


def test_a_preview_says_what_saving_would_do_and_stores_nothing(database: Database) -> None:
    save(database, draft("Gammal nyhet här", text="Förr"))
    drafts = [
        draft("Ny nyhet här"),
        draft("Gammal nyhet här", text="Nu"),
        draft("Nyhetsbrev ute nu"),
    ]

    with database.reading() as session:
        previewed = store.preview(session, drafts)
    before = [(item.title, item.excerpt) for item in stored(database)]
    saved = save(database, *drafts)

    assert outcomes(previewed) == outcomes(saved) == ["new", "changed", "announcement"]
    assert before == [("Gammal nyhet här", "Förr")]


def test_a_title_whose_foreign_passage_an_editor_marked_is_the_same_news_and_stays_marked(
    database: Database,
) -> None:
    sourced = draft("Vi var på Going Green", text="Förr")
    save(database, sourced)
    with database.writing() as session:
        editing.edit(session, 1, now=NOW, title="Vi var på [en: Going Green]")

    again = save(database, replace(sourced, raw_excerpt="Nu", excerpt="Nu"), now=LATER)

    assert outcomes(again) == ["changed"]
    assert [item.title for item in stored(database)] == ["Vi var på [en: Going Green]"]


def test_the_announcement_of_the_newsletter_is_stored_but_hidden(database: Database) -> None:
    save(database, draft("Nyhetsbrev om Exempelregionen ute nu"))

    [item] = stored(database)
    assert item.kind is ItemKind.ANNOUNCEMENT
    assert item.hidden


def test_an_announcement_the_editor_shows_stays_shown(database: Database) -> None:
    announcement = draft("Nyhetsbrev ute nu")
    save(database, announcement)
    with database.writing() as session:
        editing.hide(session, 1, hidden=False, now=NOW)

    again = save(database, announcement, replace(announcement, title="“Nyhetsbrev” ute nu"))

    assert outcomes(again)[0] == "unchanged"
    assert not stored(database)[0].hidden


@pytest.mark.parametrize(
    "title",
    [
        "“Smarta” städer – nu",
        "”Smarta” städer – nu",
        '"smarta" städer - nu',
        "“Smarta”\u00a0 Städer – nu",
    ],
)
def test_the_same_title_written_another_way_is_the_same_story(
    database: Database, title: str
) -> None:
    save(database, draft("“Smarta” städer – nu"))

    assert outcomes(save(database, draft(title))) == ["unchanged"]


def test_the_same_title_another_day_is_another_story(database: Database) -> None:
    save(database, draft(published_on=date(2026, 11, 12)))

    again = save(database, draft(published_on=date(2026, 11, 13)), draft(published_on=None))

    assert outcomes(again) == ["new", "new"]


def test_the_same_address_is_the_same_story_whatever_its_title(database: Database) -> None:
    save(database, draft("Film på gång", url="https://www.example.org/film?utm_source=x"))

    again = save(database, draft("Filmen är här", url="https://WWW.example.org/film#top"))

    assert outcomes(again) == ["unchanged"]


def test_a_story_known_by_title_is_known_when_it_comes_with_an_address(database: Database) -> None:
    save(database, draft())

    assert outcomes(save(database, draft(url="https://www.example.org/film"))) == ["unchanged"]


def test_a_story_known_by_address_is_known_when_it_comes_without(database: Database) -> None:
    save(database, draft(url="https://www.example.org/film"))

    assert outcomes(save(database, draft())) == ["unchanged"]


def test_a_story_is_known_by_the_address_an_editor_gave_it(database: Database) -> None:
    save(database, draft("Film på gång"))
    with database.writing() as session:
        editing.edit(session, 1, url="https://www.example.org/film", now=NOW)

    again = save(database, draft("Filmen är här", url="https://www.example.org/film"))

    assert outcomes(again) == ["unchanged"]


def test_a_story_twice_on_one_page_is_stored_once(database: Database) -> None:
    imported = save(database, draft(text="Först"), draft(text="Sedan"))

    assert outcomes(imported) == ["new", "unchanged"]
    assert imported[0].item is imported[1].item
    assert [item.excerpt for item in stored(database)] == ["Först"]
    assert outcomes(save(database, draft(text="Först"), draft(text="Sedan"))) == ["unchanged"] * 2


def test_new_words_at_the_source_change_the_item(database: Database) -> None:
    save(database, draft("“Smarta” städer", text="Förr"))

    [changed] = save(database, draft("”Smarta” städer", text="Nu"), now=LATER)

    [item] = stored(database)
    assert changed.outcome is Outcome.CHANGED
    assert not changed.kept_own_words
    assert (item.title, item.updated_at) == ("”Smarta” städer", LATER)
    assert (item.excerpt, item.raw_excerpt) == ("Nu", "Nu......")


def test_other_blanks_at_the_source_change_nothing(database: Database) -> None:
    save(database, draft(text="klockan 13 idag"))

    [same] = save(database, draft(text="klockan\u00a013  idag"), now=LATER)

    assert same.outcome is Outcome.UNCHANGED


def test_an_editors_words_are_not_overwritten_by_the_same_source(database: Database) -> None:
    save(database, draft())
    with database.writing() as session:
        editing.edit(session, 1, text="Se filmen!", now=NOW)

    [same] = save(database, draft(), now=LATER)

    assert same.outcome is Outcome.UNCHANGED
    assert stored(database)[0].excerpt == "Se filmen!"


def test_an_editors_words_stand_when_the_source_changes(database: Database) -> None:
    save(database, draft(text="Förr"))
    with database.writing() as session:
        editing.edit(session, 1, title="Se filmen nu", text="Se filmen!", now=NOW)

    [changed] = save(database, draft(text="Nu"), now=LATER)
    [again] = save(database, draft(text="Nu"), now=LATER)

    [item] = stored(database)
    assert (changed.outcome, changed.kept_own_words) == (Outcome.CHANGED, True)
    assert again.outcome is Outcome.UNCHANGED
    assert (item.title, item.excerpt, item.truncated) == ("Se filmen nu", "Se filmen!", False)
    assert item.raw_excerpt == "Nu......"


def test_a_hand_written_note_keeps_its_words_when_the_page_tells_the_same(
    database: Database,
) -> None:
    with database.writing() as session:
        editing.add(
            session,
            title="Film på gång",
            text="Egna.",
            published_on=date(2026, 11, 12),
            now=NOW,
        )

    [met] = save(database, draft("Film på gång", text="Sidans ord"))

    assert met.kept_own_words
    assert [item.excerpt for item in stored(database)] == ["Egna."]


def test_an_empty_page_deletes_nothing(database: Database) -> None:
    save(database, draft())

    assert save(database) == []
    assert len(stored(database)) == 1


def test_nothing_is_stored_when_one_draft_cannot_be(database: Database) -> None:
    impossible = replace(draft("Nyhet nummer två"), excerpt=None)  # type: ignore[arg-type]

    with pytest.raises(sa.exc.IntegrityError):
        save(database, draft("Nyhet nummer ett"), impossible)

    assert stored(database) == []


def test_two_imports_at_once_store_a_story_once(database: Database) -> None:
    drafts = [draft(f"Nyhet nummer {number}") for number in range(30)]
    start = Barrier(2)

    def import_page(_worker: int) -> list[Imported]:
        start.wait()
        return save(database, *drafts)

    with ThreadPoolExecutor(2) as workers:
        both = list(workers.map(import_page, range(2)))

    assert sorted(set(outcomes(imported)) == {"new"} for imported in both) == [False, True]
    assert len(stored(database)) == 30


def test_items_of_one_date_keep_the_order_of_the_newest_page(database: Database) -> None:
    save(database, draft("Första nyheten"), draft("Andra nyheten"))

    save(database, draft("Nyare nyheten"), draft("Första nyheten"), draft("Andra nyheten"))

    assert [item.title for item in stored(database)] == [
        "Nyare nyheten",
        "Första nyheten",
        "Andra nyheten",
    ]


def test_nothing_of_a_hidden_address_is_stored(database: Database) -> None:
    secret = hidden(8) * 2
    page = read_text(SAMPLE.read_text(encoding="utf-8") + "\n" + secret)

    save(database, *page.drafts)

    with database.reading() as session:
        everything = repr(session.execute(sa.select(Item.__table__)).all())
    assert page.dropped_lines == 1
    assert "Exempelregionens" in everything
    assert not any(secret[at : at + 12] in everything for at in range(len(secret) - 11))


def test_a_search_finds_words_in_any_case_and_order(database: Database) -> None:
    save(database, draft("Återvinning i norr", text="Om ÖAR"), draft("Annan nyhet", text="om hav"))

    with database.reading() as session:
        found = store.search(session, text="öar ÅTERVINNING")

    assert [item.title for item in found] == ["Återvinning i norr"]


def test_a_search_can_leave_out_the_old_the_hidden_and_other_kinds(database: Database) -> None:
    save(
        database,
        draft("Ny nyhet här"),
        draft("Gammal nyhet här", published_on=date(2026, 1, 1)),
        draft("Utan datum alls", published_on=None),
        draft("Nyhetsbrev ute nu"),
    )

    with database.reading() as session:
        found = store.search(session, since=date(2026, 11, 12), hidden=False, kind=ItemKind.NEWS)
        newest_first = [item.title for item in store.search(session)]

    assert [item.title for item in found] == ["Ny nyhet här"]
    assert newest_first[-2:] == ["Gammal nyhet här", "Utan datum alls"]


@pytest.mark.parametrize("item_id", [0, -1, 7, 10**20])
def test_an_item_that_is_not_there_is_explained(database: Database, item_id: int) -> None:
    with database.reading() as session, pytest.raises(NoSuchError, match="no item"):
        store.find(session, item_id)
