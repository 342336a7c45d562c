"""The consent that was shown is the consent that is stored; a wording is never edited."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from subscribers import consent_texts
from subscribers.consent_texts import Wording, WordingChangedError
from subscribers.models import ConsentText
from tests.subscribers.conftest import People

FIRST = Wording("sv", "Jag vill ha nyhetsbrevet.", "Så behandlar vi uppgifter.")
SECOND = Wording("sv", "Jag vill ha nyhetsbrevet med e-post.", FIRST.notice)


def _agree(people: People, wording: Wording, *, shown: Wording | None = None) -> ConsentText:
    with people.database.writing() as session:
        return consent_texts.agreed_to(
            session,
            people.newsletter_id,
            wording,
            shown=(shown or wording).mark,
            at=people.clock(),
        )


def test_the_same_words_are_one_version_however_often_they_are_agreed_to(people: People) -> None:
    first, again = _agree(people, FIRST), _agree(people, FIRST)

    assert first.id == again.id
    assert (first.version, first.text, first.notice) == (1, FIRST.text, FIRST.notice)


def test_changed_words_make_a_new_version_and_the_old_one_stays(people: People) -> None:
    first, second = _agree(people, FIRST), _agree(people, SECOND)

    with people.database.reading() as session:
        kept = consent_texts.versions(session, people.newsletter_id)
    assert [(text.id, text.version, text.text) for text in kept] == [
        (first.id, 1, FIRST.text),
        (second.id, 2, SECOND.text),
    ]


def test_a_changed_page_about_personal_data_is_a_new_version_too(people: People) -> None:
    _agree(people, FIRST)

    assert _agree(people, Wording("sv", FIRST.text, "Nytt.")).version == 2


def test_languages_are_counted_each_for_itself(people: People) -> None:
    _agree(people, FIRST)

    assert _agree(people, Wording("en", "I want the newsletter.")).version == 1


def test_what_is_stored_is_what_was_shown_though_the_words_changed_meanwhile(
    people: People,
) -> None:
    first = _agree(people, FIRST)

    assert _agree(people, SECOND, shown=FIRST).id == first.id


@pytest.mark.parametrize("shown", [SECOND.mark, "", "ö", "0" * 32])
def test_words_that_nobody_was_shown_are_agreed_to_by_nobody(people: People, shown: str) -> None:
    with pytest.raises(WordingChangedError), people.database.writing() as session:
        consent_texts.agreed_to(
            session, people.newsletter_id, FIRST, shown=shown, at=people.clock()
        )

    with people.database.reading() as session:
        assert consent_texts.versions(session, people.newsletter_id) == []


def test_many_who_agree_at_once_make_one_version(people: People) -> None:
    together = threading.Barrier(4)
    ids: list[int] = []

    def agree() -> None:
        together.wait()
        ids.append(_agree(people, FIRST).id)

    threads = [threading.Thread(target=agree) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with people.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(ConsentText.id))) == 1
    assert len(set(ids)) == 1
