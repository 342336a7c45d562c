"""Make a story of what is seen of one entry of a page: its title, date, link, text and picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from itertools import chain

from newsletter.items.drafts import LONGEST_TITLE, PictureDraft, title_identity
from newsletter.items.sources import dates, tidying
from newsletter.items.sources.credits import credit_in
from newsletter.items.sources.passages import Passage
from newsletter.items.sources.stories import Story

#: Words of a link or a line that belong to the page: they are neither title nor text.
_READ_ON = re.compile(
    r"(?:läs (?:mera?|vidare|hela \w+)|till (?:nyheten|artikeln)|mer information|read more|more)"
    r"(?: om\b.*| about\b.*)?[\s.…»›>→]*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:publicera[dt]|publiceringsdatum|published|datum|date|skapad|uppdaterad|senast ändrad|nyhet"
    r"|nyheter|pressmeddelande|artikel|news)?[\s:|·•,-]*",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?:dela|skriv ut|lyssna|share|print|facebook|twitter|linkedin)[\s.:]*", re.IGNORECASE
)
_PARTS = re.compile(r"\s*[|•·]\s*|\n|\s+[–-]\s+(?=\d{1,2} \w+ \d{4}$)")
#: Words; a line of fewer and without a stop is a label: "Regional utveckling".
_FEWEST_WORDS_OF_A_TEXT = 4


@dataclass(slots=True)
class Entry:
    """What one entry of a page says, each passage put where it belongs."""

    title: Passage | None = None
    days: list[date] = field(default_factory=list)
    texts: list[Passage] = field(default_factory=list)
    picture: PictureDraft | None = None
    url: str = ""
    #: Headings of the same rank as the title: this is no entry but a list of them.
    other_titles: int = 0


class ImpossibleDateError(ValueError):
    """A line looks like a date, but the calendar has no such day."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(line, text)
        self.line = line
        self.text = text


def read(passages: Sequence[Passage], *, today: date, zone: tzinfo) -> Entry:
    """Return what the passages of one entry say.

    Raises ImpossibleDateError.
    """
    entry = Entry()
    rest: list[Passage] = []
    for passage in chain.from_iterable(_lines_apart(p, today) for p in passages):
        if passage.picture is not None:
            entry.picture = entry.picture or passage.picture
            entry.url = entry.url or next((href for href, _ in passage.links), "")
        elif (day := _day(passage, today=today, zone=zone)) is not None:
            entry.days.append(day)
        elif (caption := caption_of(passage)) is not None:
            entry.picture = entry.picture and with_caption(entry.picture, caption)
        else:
            rest.append(passage)
    entry.title = _title(rest)
    _sort_rest(entry, rest)
    return entry


def story(entry: Entry) -> Story | None:
    """Return the story of an entry; None where it has no words."""
    if entry.title is None:
        return None
    title = tidying.line(entry.title.text)
    texts = [passage for passage in entry.texts if not _says(passage, title)]
    raw = "\n\n".join(map(line_of, texts))
    if len(title) > LONGEST_TITLE:
        raw, title = "\n\n".join(filter(None, (title, raw))), title[:80].rpartition(" ")[0] + " …"
    if not any(sign.isalnum() for sign in title):
        return None
    picture = entry.picture
    return Story(
        title=title,
        published_on=entry.days[0] if entry.days else None,
        raw=raw,
        url=entry.url,
        language=entry.title.language,
        picture=picture,
    )


def moment_of(words: str, zone: tzinfo) -> datetime | None:
    """Return a machine-readable moment, one without a zone being in `zone`; None if it is none.

    >>> from datetime import UTC
    >>> moment_of("2026-02-14T13:30:00Z", UTC).date()
    datetime.date(2026, 2, 14)
    """
    try:
        moment = datetime.fromisoformat(words.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day_of(words: str, zone: tzinfo) -> date | None:
    """Return the day of a machine-readable moment or date, as the calendar of `zone` has it."""
    try:
        moment = moment_of(words, zone)
        return moment.astimezone(zone).date() if moment else None
    except OverflowError:
        return None


def _lines_apart(passage: Passage, today: date) -> Iterator[Passage]:
    """Yield a passage, or its parts where a link or bold words that begin it are a title.

    "<b>Titel</b> 3 mars 2026<br>Text" is one passage to a browser and three things to a reader.
    """
    begin = passage.links[0][1] if passage.links else passage.bold_start
    text = passage.text.lstrip()
    lead = begin.strip()
    rest = text.removeprefix(lead) if lead and text.startswith(lead) else ""
    if passage.level or not rest.strip():
        yield passage
        return
    first_line, _, below = rest.partition("\n")
    if first_line.strip() and not _is_date(first_line, today):
        yield passage
        return
    yield replace(passage, text=lead, links=passage.links[:1], bold_start=passage.bold_start)
    for part in (first_line, *below.split("\n")):
        links = [link for link in passage.links[1:] if link[1] in part]
        yield replace(passage, text=part, links=links, bold_start="", times=[])


def _day(passage: Passage, *, today: date, zone: tzinfo) -> date | None:
    """Return the day of a passage that is a date, or a date with a label; None for others."""
    text = tidying.line(passage.text)
    for machine, words in passage.times:
        around = text.replace(tidying.line(words), "", 1)
        if not (_LABEL.fullmatch(around) or _is_label(around)):
            continue
        if day := day_of(machine, zone):
            return day
        if day := _written(words, passage.line, today):
            return day
    for part in _PARTS.split(passage.text):
        if (day := _written(part, passage.line, today)) is not None:
            others = text.replace(tidying.line(part), "", 1)
            if _LABEL.fullmatch(others) or _is_label(others):
                return day
    return None


def _written(words: str, line: int, today: date) -> date | None:
    text = tidying.line(words)
    try:
        return dates.read(text, today=today)
    except ValueError:
        raise ImpossibleDateError(line, text) from None


def _is_date(words: str, today: date) -> bool:
    try:
        return dates.read(tidying.line(words), today=today) is not None
    except ValueError:
        return True


def _is_label(text: str) -> bool:
    return len(text.split()) < _FEWEST_WORDS_OF_A_TEXT and not text.rstrip().endswith(
        (".", "!", "?")
    )


def caption_of(passage: Passage) -> tuple[str, str] | None:
    """Return the photographer and the caption, where a passage speaks only of a picture."""
    credit, caption = credit_in(passage.text)
    return (credit, caption) if passage.in_caption or (credit and not caption) else None


def with_caption(picture: PictureDraft, said: tuple[str, str]) -> PictureDraft:
    """Return a picture with the photographer and the caption, where it lacks them."""
    credit, caption = said
    return replace(picture, caption=picture.caption or caption, credit=picture.credit or credit)


def line_of(passage: Passage) -> str:
    """Return the text of a passage; an item of a list begins with a dash."""
    text = tidying.paragraphs(passage.text)
    return f"– {text}" if passage.is_list_item else text


def _title(passages: Sequence[Passage]) -> Passage | None:
    """Return what is the title: a heading, else the first link, else bold words, else the first."""
    worded = [p for p in passages if not _READ_ON.fullmatch(tidying.line(p.text))]
    return next(
        chain(
            (p for p in worded if p.level),
            (p for p in worded if p.is_titled),
            (p for p in worded if p.is_link and not _is_label(p.text)),
            (p for p in worded if p.is_link),
            (p for p in worded if p.bold_start),
            worded,
        ),
        None,
    )


def _sort_rest(entry: Entry, passages: Iterable[Passage]) -> None:
    title, is_below = entry.title, False
    if title is None:
        return
    entry.url = next((href for href, _ in title.links), entry.url)
    for passage in passages:
        if passage is title:
            is_below = True
            continue
        text = tidying.line(passage.text)
        entry.url = entry.url or next((href for href, _ in passage.links), "")
        entry.other_titles += 0 < passage.level <= title.level
        # Above a title stand labels, and texts only where the title is no heading.
        if _READ_ON.fullmatch(text) or _LABEL.fullmatch(text) or _SHARE.fullmatch(text):
            continue
        if _is_label(text) and (not is_below or passage.is_link):
            continue
        entry.texts.append(passage)


def _says(passage: Passage, title: str) -> bool:
    return title_identity(passage.text, None) == title_identity(title, None)
