"""Invented content to test with; every builder takes what the test is about as keywords.

Nobody and nothing named here exists.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

from newsletter.content import (
    EventContent,
    IssueContent,
    Organisation,
    PictureContent,
    SectionContent,
    Sender,
    StoryContent,
)

PICTURE = PictureContent(
    sha256="5e" * 32,
    media_type="image/png",
    width=1200,
    height=640,
    alt="En sal full av människor som räcker upp handen.",
    caption="Omröstning vid ett möte i Exempelnätverket.",
    credit="Robin Exempel",
)

STORY = StoryContent(
    item_id=2,
    title="Exempelkontoret satsar på film",
    published_on=date(2017, 2, 14),
    text="Vad gör egentligen Exempelkontoret? Nu svarar medarbetarna själva, på film.",
    url="https://www.example.org/nyheter/film",
    link_text="Se filmen om Exempelkontoret",
)

LEAD = StoryContent(
    item_id=1,
    title="Förslag för att förbättra regionalpolitiken",
    published_on=date(2017, 2, 17),
    text=(
        "Kim Exempel har förstärkt Exempelkontoret i mitten av februari. Uppdraget: att arbeta "
        "med den framtida sammanhållningspolitiken.\n\n"
        "Arbetet sker tillsammans med avdelningen för R&D."
    ),
    url="https://www.example.org/nyheter/regionalpolitik?a=1&b=2",
    link_text="Läs hela nyheten om regionalpolitiken",
    is_lead=True,
    picture=PICTURE,
)

EVENT = EventContent(
    item_id=20,
    title="Frukostseminarium om smarta städer",
    starts_at=datetime(2017, 3, 7, 7, 0, tzinfo=UTC),
    ends_at=datetime(2017, 3, 7, 8, 30, tzinfo=UTC),
    place="Exempelsalen, Exempelstad",
    text="Vi bjuder på kaffe och smörgås.",
    url="https://www.example.org/kalender/frukost",
    link_text="Anmäl dig till frukostseminariet",
)

SENDER = Sender(
    from_name="Externa relationer",
    from_address="nyhetsbrev@example.org",
    reply_to="redaktionen@example.org",
    list_id="nyhetsbrev.example.org",
    list_name="Nyhetsbrev om Exempelregionens externa arbete",
    unsubscribe_address="avsluta@example.org",
    envelope_sender="studsar@example.org",
)

ISSUE = IssueContent(
    name="2017-02",
    number=2,
    issued_on=date(2017, 2, 22),
    newsletter_name="Nyhetsbrev om Exempelregionens externa arbete",
    organisation=Organisation(
        name="Exempelregionen",
        unit="externa relationer",
        postal_address="Exempelgatan 1, 123 45 Exempelstad",
        registration_number="000000-0000",
        responsible="enhetschefen för externa relationer",
    ),
    base_url="https://nyhetsbrev.example.org",
    subject="Regionalpolitik, film och praktik",
    preheader=(
        "Så arbetar Exempelkontoret med den framtida sammanhållningspolitiken. "
        "Dessutom: smarta städer och praktik."
    ),
    sections=(
        SectionContent(
            name="Bryssel",
            stories=(
                LEAD,
                STORY,
                StoryContent(
                    item_id=3,
                    title="Smarta städer och regioner: på konferens i Exempelstad",
                    published_on=date(2017, 2, 9),
                    text=(
                        "Den 7 februari var Exempelkontoret på plats på konferensen ”Investing "
                        "in Examples: Building a coalition of smart cities & regions”."
                    ),
                    url="https://www.example.org/nyheter/smarta-stader",
                    link_text="Läs om smarta städer och regioner",
                ),
            ),
        ),
        SectionContent(
            name="Internationellt",
            stories=(
                StoryContent(
                    item_id=4,
                    title="Going green twenty-seven",
                    published_on=date(2017, 1, 19),
                    text="The network of example regions met to talk about green procurement.",
                    url="https://www.example.com/going-green",
                    link_text="Read about going green",
                    language="en",
                ),
                StoryContent(
                    item_id=5,
                    title="Samtal om delaktighet – fokus transportpolitik",
                    published_on=None,
                    text="Hur kan kunskapen, delaktigheten och inflytandet öka?",
                    url="",
                    link_text="",
                ),
            ),
        ),
        SectionContent(
            name="Praktik",
            stories=(
                StoryContent(
                    item_id=6,
                    title="Vi söker praktikanter till hösten",
                    published_on=date(2017, 2, 20),
                    text="Varje termin erbjuder vi två studenter praktik på våra kontor.",
                    url="https://www.example.org/praktik",
                    link_text="Läs om praktiken och hur du söker",
                ),
            ),
        ),
    ),
    calendar=(EVENT,),
    editorial=(
        "Hej!\n\n"
        "Årets andra nummer handlar mycket om Bryssel. Där pågår arbetet med den framtida "
        "sammanhållningspolitiken, och där berättar medarbetarna om sitt uppdrag på film.\n\n"
        "Trevlig läsning!"
    ),
    signature_name="Anna Exempelsson",
    signature_title="enhetschef, externa relationer",
    reply_to="redaktionen@example.org",
)


def make_picture(**overrides: Any) -> PictureContent:
    """Return a picture of 1200 by 640 pixels."""
    return dataclasses.replace(PICTURE, **overrides)


def make_story(**overrides: Any) -> StoryContent:
    """Return an ordinary story: not the lead, no picture."""
    return dataclasses.replace(STORY, **overrides)


def make_event(**overrides: Any) -> EventContent:
    """Return a seminar of an hour and a half."""
    return dataclasses.replace(EVENT, **overrides)


def make_sender(**overrides: Any) -> Sender:
    """Return the From, Reply-To and list identity that go with the issue."""
    return dataclasses.replace(SENDER, **overrides)


def make_issue_content(**overrides: Any) -> IssueContent:
    """Return a rich issue: a lead with a picture, six stories, one in English, one event.

    `stories=(…)` puts these in one section instead of the usual three.
    """
    if "stories" in overrides:
        stories = tuple(overrides.pop("stories"))
        overrides["sections"] = (SectionContent(name="Bryssel", stories=stories),)
    return dataclasses.replace(ISSUE, **overrides)
