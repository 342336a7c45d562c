"""What holds for all rules: good texts are left alone, fixes settle, hostile texts do no harm."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import StoryContent
from newsletter.issues import hints
from newsletter.issues.hints import Hint
from tests.builders import make_issue_content, make_picture, make_story
from tests.newsletter.issues.hints.looking import ISSUED_ON, checked

GOOD = [
    ("Regioner i samtal om havet",
     "Nordsjökommissionen samlade 40 regioner den 12–13 oktober 2026. Deltagarna enades om tre "
     "förslag om havsmiljö och sjöfart. Förslagen lämnas nu till EU-kommissionen."),
    ("Ny rapport: så reser vi till jobbet",
     "Var tredje invånare cyklar till arbetet minst en gång i veckan. Det visar en rapport från "
     "nämnden för kollektivtrafik. Den bygger på svar från 4 200 personer."),
    ("Sök praktik hos oss våren 2027",
     "Vi söker två studenter till vårterminen 2027. Du följer EU-frågor i Bryssel eller i "
     "Exempelstad. Sök senast den 1 december."),
    ("Frukostseminarium om EU:s budget",
     "Välkommen till Samtal Europa på torsdag den 3 december kl. 8.00–9.30. Ledamöter från "
     "Regionkommittén berättar om förhandlingarna. Anmäl dig senast den 30 november."),
    ("Svenska ESF-rådet öppnar två utlysningar",
     "De gäller kompetens för klimatet och stöd till unga. Det finns 120 miljoner kronor att söka. "
     "Läs om villkoren hos Svenska ESF-rådet."),
    ("”Vi behöver fler språk i vården”",
     "– Patienter ska förstå vad vi säger, säger Kim Exempel, sjuksköterska. Tre länder är med i "
     "projektet, som pågår till 2028."),
    ("Dom i EU-domstolen kan påverka upphandlingar",
     "EU-domstolen har i en dom slagit fast att små företag kan lämna anbud tillsammans. Enligt "
     "gällande regler måste varje företag lämna ett eget."),
    ("Region- och kommunbesök i Bryssel",
     "I oktober kom 14 grupper till Brysselkontoret. De mötte bland andra tjänstepersoner och "
     "andra regioners kontor. Nästa år räknar vi med fler."),
]  # fmt: skip


@pytest.mark.parametrize(("title", "text"), GOOD)
def test_good_texts_are_left_alone(title: str, text: str) -> None:
    assert found(make_story(title=title, text=text, published_on=date(2026, 11, 16))) == []


def found(*stories: StoryContent, vocabulary: dict[str, int] | None = None) -> list[Hint]:
    content = make_issue_content(stories=stories, calendar=(), issued_on=ISSUED_ON)
    return hints.find(checked(content, vocabulary=vocabulary or {}))


FRAGMENTS = st.sampled_from(
    [
        "EUs", "VGRs", "EFS-rådet", "ESF- rådet", "“Smarta”", '"', " - ", "  ", "\u00a0", "dom",
        "gällande", "bl.a.", "m.m.", "vt2017", "transportpolitk", "Idag", "den 20 november", ".",
        "Läs mer", "XX", "http://", "Region kommitten", "CRPM", "\n\n", "å", "kim.exempel@a.org",
        "the and of to in", "2026-11-20", "32 februari", "0 mars", "…", "\ud7ff", "İ", "ß",
    ]
)  # fmt: skip
TEXTS = st.lists(FRAGMENTS | st.text(max_size=5), max_size=12).map(" ".join)


@given(title=TEXTS, text=TEXTS)
def test_hostile_texts_do_no_harm_and_every_hint_comes_once(title: str, text: str) -> None:
    picture = make_picture(alt=title, caption=text, credit="")
    story = make_story(
        title=title, text=text, picture=picture, published_on=date(2026, 11, 1), url="http://a"
    )

    fingerprints = [hint.fingerprint for hint in found(story, vocabulary={"och": 3})]

    assert len(fingerprints) == len(set(fingerprints))


@given(words=TEXTS, field=st.sampled_from(["title", "text"]))
def test_a_fix_settles_its_hint(words: str, field: str) -> None:
    story = {"title": "Rubrik", "published_on": date(2026, 11, 1), field: words}

    for hint in found(make_story(**story)):
        if hint.fix is not None and hint.fix.field == field:
            after = found(make_story(**{**story, field: hint.fix.value}))
            assert hint.fingerprint not in {left.fingerprint for left in after}


def test_a_text_that_was_cut_off_is_only_mended_by_writing_it_to_an_end() -> None:
    story = make_story(text="EUs budget. Den är gällande fö", truncated=True)

    fixable = {hint.code for hint in found(story) if hint.fix and hint.fix.field == "text"}

    assert fixable == {"TRUNC"}


def test_a_link_text_made_from_the_title_repeats_no_hint() -> None:
    story = make_story(title="EUs budget", link_text="Läs mer: EUs budget")

    assert [str(hint.place) for hint in found(story) if hint.code == "GENITIV"] == ["item 2, title"]
