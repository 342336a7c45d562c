"""Find the news of an HTML page: the pattern that repeats, below the heading of the list if any.

Every page has several patterns (menus, links, news). What could be one is weighed by what can be
counted cheaply; only the few heaviest are read as news.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import islice
from typing import TypeAlias

from lxml import etree

from newsletter.errors import SourceError
from newsletter.items.sources import blocks, entries
from newsletter.items.sources.passages import seen
from newsletter.items.sources.stories import Story
from newsletter.items.sources.tidying import line

#: Entries, each of one element or of several beside each other.
Group: TypeAlias = Sequence[Sequence[etree._Element]]

#: Patterns that are read as news, after weighing.
_MOST_READ = 12
#: Characters that an entry may have, all in all, to be one.
_LONGEST_ENTRY = 20_000
#: Tags of an entry.
_ENTRIES = frozenset(("article", "div", "li", "section", "tr", "p", "a", "dd"))
_RANKS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: Those that are an entry even without another beside them.
_ALONE = ("article", "li")
#: Tags around an entry that tell one pattern from another.
_TAGS_AROUND = 8
#: Elements around a heading that may hold its list too.
_PARTS_AROUND = 2
#: A menu has entries of fewer words.
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlStories:
    """What a page tells."""

    stories: list[Story]
    #: The page has a heading like "Nyheter och aktuellt".
    has_heading: bool


@dataclass(slots=True)
class _Weight:
    """What is inside an element, counted from its leaves up."""

    letters: int = 0
    times: int = 0
    headings: int = 0
    links: int = 0


def stories(root: etree._Element, *, base: str, today: date, zone: tzinfo) -> HtmlStories:
    """Return what a page tells, in its order; nothing where no pattern looks like news.

    Raises SourceError: a date is in no calendar.
    """
    weights = _weights(root)
    headings = list(root.iter(*_RANKS))
    lists = [e for e in headings if blocks.is_list_heading(line("".join(e.itertext())))]
    order = {element: number for number, element in enumerate(root.iter())}
    best: list[Story] = []
    best_score = 0.0
    try:
        for group in _heaviest(filter(None, _groups(root)), weights):
            read = _read(group, base=base, today=today, zone=zone)
            above = _heading_above(group, headings, order)
            is_listed = above in lists and _is_near(above, group)
            score = _score(read, is_listed=is_listed, has_list=bool(lists))
            if score > best_score:
                best, best_score = read, score
    except entries.ImpossibleDateError as error:
        raise SourceError(
            "Line {line} says “{text}”, and there is no such day. Nothing was stored. "
            "Mend the date in the file and import it again.",
            line=error.line,
            text=error.text,
        ) from error
    return HtmlStories(stories=best, has_heading=bool(lists))


def _groups(root: etree._Element) -> Iterator[Group]:
    """Yield whatever repeats on the page: each group is a list of entries, each of elements."""
    by_path: dict[tuple[str, ...], list[Sequence[etree._Element]]] = defaultdict(list)
    for parent in root.iter(etree.Element):
        below: dict[str, list[Sequence[etree._Element]]] = defaultdict(list)
        for child in parent.iterchildren(etree.Element):
            # The first row of a table says what is in its columns.
            if child.tag in _ENTRIES and (child.tag != "tr" or child.find("td") is not None):
                below[child.tag].append((child,))
        yield from (alike for tag, alike in below.items() if len(alike) > 1 or tag in _ALONE)
        yield from _split_at_headings(parent)
    # Each in a wrapper of its own: alike are those with the same tags around and the same class.
    for element in root.iter("article", "div", "section"):
        around = islice((outer.tag for outer in element.iterancestors()), _TAGS_AROUND)
        name = " ".join(sorted((element.get("class") or "").split()))
        by_path[(element.tag, name, *around)].append((element,))
    yield from by_path.values()


def _split_at_headings(parent: etree._Element) -> Iterator[Group]:
    """Yield the children of an element, parted before each heading of one rank, or each <dt>.

    A heading of a higher rank ends the list.
    """
    children = list(parent.iterchildren(etree.Element))
    for tag in ("h2", "h3", "h4", "h5", "dt"):
        group: list[list[etree._Element]] = []
        is_open = False
        for child in children:
            if child.tag == tag:
                group.append([child])
                is_open = True
            elif child.tag in _RANKS and child.tag < tag:
                yield group
                group, is_open = [], False
            elif is_open:
                group[-1].append(child)
        yield group


def _weights(root: etree._Element) -> dict[etree._Element, _Weight]:
    weights: dict[etree._Element, _Weight] = {}
    for _, element in etree.iterwalk(root, events=("end",)):
        weight = _Weight(letters=len(element.text or ""))
        for child in element:
            inner = weights[child]
            weight.letters += inner.letters + len(child.tail or "")
            weight.times += inner.times
            weight.headings += inner.headings
            weight.links += inner.links
        weight.times += element.tag == "time"
        weight.headings += element.tag in _RANKS
        weight.links += element.tag == "a"
        weights[element] = weight
    return weights


def _heaviest(groups: Iterable[Group], weights: dict[etree._Element, _Weight]) -> Iterator[Group]:
    """Yield the groups that may be news, those with most signs of it first."""
    weighed = []
    for number, group in enumerate(groups):
        likely = 0.0
        for entry in group:
            inner = [weights[element] for element in entry]
            letters = sum(weight.letters for weight in inner)
            if not 8 <= letters <= _LONGEST_ENTRY:
                continue
            times = sum(weight.times for weight in inner)
            titles = sum(weight.headings for weight in inner)
            likely += (
                1 + 2 * (times == 1) + (titles == 1) + min(letters, 200) / 200 - (titles > 2) * 3
            )
        if likely > 0:
            weighed.append((likely, -number, group))
    weighed.sort(key=lambda one: one[:2], reverse=True)
    yield from (group for _, _, group in weighed[:_MOST_READ])


def _read(group: Group, *, base: str, today: date, zone: tzinfo) -> list[Story]:
    found = []
    for elements in group:
        passages = seen(elements, base=base)
        entry = entries.read(passages, today=today, zone=zone)
        # More than two dates, or more than one title: a list, not an entry.
        if len(set(entry.days)) > 2 or entry.other_titles:
            return []
        story = entries.story(entry)
        if story is not None and (story.published_on or story.raw or _has_words(story.title)):
            found.append(story)
    return found


def _has_words(title: str) -> bool:
    return len(title.split()) >= _FEWEST_WORDS


def _score(found: Sequence[Story], *, is_listed: bool, has_list: bool) -> float:
    """Weigh stories: dates say most; undated ones count only below the heading of the list."""
    dated = sum(story.published_on is not None for story in found)
    if len(found) < 2 and not dated:
        return 0
    if not is_listed and (dated < 2 or dated * 2 < len(found) or (has_list and dated < 3)):
        return 0
    told = sum(bool(story.raw) for story in found)
    linked = sum(bool(story.url) for story in found)
    pictured = sum(story.picture is not None for story in found)
    return (len(found) + 3 * dated + told + linked + pictured) * (3 if is_listed else 1)


def _heading_above(
    group: Group, headings: Sequence[etree._Element], order: dict[etree._Element, int]
) -> etree._Element | None:
    """Return the last heading before the group."""
    begin = order[group[0][0]]
    return next((one for one in reversed(headings) if order[one] < begin), None)


def _is_near(heading: etree._Element | None, group: Group) -> bool:
    """Say whether a group belongs to a heading: both in one part of the page.

    Below the heading of an empty list the foot of the page begins.
    """
    if heading is None:
        return False
    around = list(islice(heading.iterancestors(), _PARTS_AROUND))
    return any(outer in around for outer in group[0][0].iterancestors() if outer.tag != "body") or (
        heading.getparent().tag == "body"
    )
