from __future__ import annotations

import pytest

from newsletter.items.announcements import is_announcement

ANNOUNCEMENTS = """
Nyhetsbrev om Exempelregionens externa arbete ute nu
Nyhetsbrev om hållbara transporter i Europa ute nu!
Nu finns Externa relationers senaste nyhetsbrev ute
Nytt nyhetsbrev
Nytt nyhetsbrev ute om regionens externa arbete
NYTT NYHETSBREV UTE
Nyhetsbrev juni
Nyhetsbrev juni 2026
Nyhetsbrev – december
Nyhetsbrev nr 3, 2026
Nyhetsbrev 2/2026
Månadsbrev december 2026
Nyhetsbrevet är här
EU-nyhetsbrevet ute nu
Vårens första nyhetsbrev är ute
Årets sista nyhetsbrev
Juninumret av vårt nyhetsbrev
Läs vårt senaste nyhetsbrev
Prenumerera på vårt nyhetsbrev
Newsletter out now
Our newsletter for June is out
"""

NEWS = """
Ny rapport om nyhetsbrev
Ny rapport om nyhetsbrev ute nu
Ny rapport ute nu
Enkät om vårt nyhetsbrev är här
Enkät: vad tycker du om nyhetsbrevet?
Ny ansvarig för nyhetsbrevet
Vi söker en redaktör till nyhetsbrevet
Tio år med nyhetsbrevet
Kurs i att skriva nyhetsbrev
Så skriver du nyhetsbrev
Nyhetsbrev och personuppgifter: ny vägledning
Nyhetsbrev om livet ute på öarna
Nytt verktyg för nyhetsbrev finns här
EU-kommissionens nyhetsbrev läggs ner
Prenumerera på EU-kommissionens nyhetsbrev
Utbildning om tillgängliga nyhetsbrev 3 december
Brysselkontoret satsar på film!
Samtal Europa: delaktighet i EU
"""


@pytest.mark.parametrize("title", ANNOUNCEMENTS.strip().splitlines())
def test_an_issue_being_announced_is_recognised(title: str) -> None:
    assert is_announcement(title)


@pytest.mark.parametrize("title", NEWS.strip().splitlines())
def test_news_about_newsletters_is_still_news(title: str) -> None:
    assert not is_announcement(title)
