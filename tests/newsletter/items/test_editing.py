from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.database import Database
from newsletter.errors import NoSuchError, UsageError
from newsletter.items import editing, store
from newsletter.items.editing import ItemFields
from newsletter.models import Item, ItemKind
from tests.newsletter.items.pages import draft

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
def item(database: Database) -> Item:
    with database.writing() as session:
        [imported] = store.save(session, [draft()], now=NOW)
        assert imported.item is not None
        return imported.item


def edit(database: Database, item: Item, fields: ItemFields) -> Item:
    with database.writing() as session:
        return editing.edit(session, item.id, now=LATER, **fields)


def test_a_note_of_ones_own_is_an_item(database: Database) -> None:
    with database.writing() as session:
        note = editing.add(
            session,
            title=" Hälsning\u00a0från redaktionen ",
            text="Hej!\r\n\r\nTrevlig  läsning.",
            published_on=date(2026, 11, 20),
            now=NOW,
        )

    assert (note.title, note.kind) == ("Hälsning från redaktionen", ItemKind.NOTE)
    assert note.excerpt == "Hej!\n\nTrevlig läsning."
    assert not note.truncated


def test_the_same_note_is_not_added_twice(database: Database) -> None:
    with database.writing() as session:
        editing.add(session, title="Hälsning", now=NOW)

    with database.writing() as session, pytest.raises(UsageError, match="same title and date"):
        editing.add(session, title="HÄLSNING", now=NOW)


def test_what_is_given_a_time_is_an_event(database: Database, item: Item) -> None:
    edited = edit(database, item, {"starts_at": LATER, "place": "Exempelstad"})

    assert (edited.kind, edited.starts_at, edited.place) == (ItemKind.EVENT, LATER, "Exempelstad")


def test_what_is_no_event_any_more_has_no_time(database: Database, item: Item) -> None:
    edit(database, item, {"starts_at": LATER, "ends_at": LATER + timedelta(hours=1)})

    edited = edit(database, item, {"kind": ItemKind.NEWS})

    assert (edited.starts_at, edited.ends_at) == (None, None)


@pytest.mark.parametrize(
    "fields",
    [
        ItemFields(kind=ItemKind.EVENT),
        ItemFields(ends_at=LATER),
        ItemFields(starts_at=LATER, ends_at=NOW),
        ItemFields(title=" \u00a0\u200b"),
        ItemFields(title="x" * 301),
        ItemFields(url="javascript:alert(1)"),
        ItemFields(language="svenska"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    database: Database, item: Item, fields: ItemFields
) -> None:
    with pytest.raises(UsageError, match="Nothing was changed"):
        edit(database, item, fields | {"place": "Exempelstad"})

    with database.reading() as session:
        assert store.find(session, item.id).place == ""


def test_a_text_written_anew_is_not_cut_off(database: Database, item: Item) -> None:
    edited = edit(database, item, {"text": "Fyra filmer visar vardagen."})

    assert not edited.truncated
    assert edited.raw_excerpt == item.raw_excerpt


def test_a_text_that_still_ends_in_marks_is_still_cut_off(database: Database, item: Item) -> None:
    assert edit(database, item, {"text": "Fyra filmer visar vard......"}).truncated


def test_fields_that_are_left_out_stay(database: Database, item: Item) -> None:
    edit(database, item, {"url": "https://www.example.org/film", "link_text": "Se filmen"})

    edited = edit(database, item, {"url": ""})

    assert (edited.url, edited.link_text) == ("", "Se filmen")
    assert (edited.title, edited.excerpt) == (item.title, item.excerpt)


def test_a_hidden_item_can_be_shown_again(database: Database, item: Item) -> None:
    with database.writing() as session:
        editing.hide(session, item.id, now=LATER)
        assert store.find(session, item.id).hidden

        editing.hide(session, item.id, hidden=False, now=LATER)
        assert not store.find(session, item.id).hidden


def test_nothing_can_be_changed_in_an_item_that_is_not_there(database: Database) -> None:
    with database.writing() as session, pytest.raises(NoSuchError):
        editing.edit(session, 7, title="Ny rubrik", now=NOW)
    with database.writing() as session, pytest.raises(NoSuchError):
        editing.hide(session, 7, now=NOW)
