"""Deal out the blocks of a page to its items: by the page's bullet or, without one, by dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from newsletter.errors import SourceError
from newsletter.items.sources.blocks import BULLETS, Block, Kind
from newsletter.items.sources.stories import Story, story_of

#: An undated entry of fewer words and without a text is a link of the page's menu: "Om oss".
_FEWEST_WORDS = 3


def stories(blocks: Sequence[Block]) -> list[Story]:
    """Return what the page tells, in its order; nothing where its list of news is empty.

    Raises SourceError: nothing here looks like a list of news, or a date is in no calendar.
    """
    has_heading = any(block.kind is Kind.HEADING for block in blocks)
    listed = _below_heading(blocks)
    _refuse_impossible_dates(listed)
    bullet = _bullet(listed)
    dealt = _by_bullet(listed, bullet) if bullet else _by_date(listed)
    found = [story for group in dealt if (story := story_of(group)) is not None]
    if not has_heading and not _is_list_of_news(found, has_bullets=bool(bullet)):
        raise SourceError(
            "This does not look like a page of news: there is no heading like “Nyheter och "
            "aktuellt”, and no title with a date under it. Nothing was stored. Open the page with "
            "the news in a browser, mark all of it, paste it into an empty text file and import "
            "that."
        )
    return _without_menus(found)


def _is_list_of_news(found: Sequence[Story], *, has_bullets: bool) -> bool:
    # A letter has one date, and a recipe many bullets; news have dates nearly all of them.
    dated = sum(story.published_on is not None for story in found)
    return dated * 2 >= len(found) and dated >= (1 if has_bullets else 2)


def _below_heading(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return what follows the heading of the list; all of it where there is no heading."""
    headings = [at for at, block in enumerate(blocks) if block.kind is Kind.HEADING]
    if not headings:
        return blocks
    first_date = next((at for at, block in enumerate(blocks) if block.kind is Kind.DATE), None)
    if first_date is not None:
        # A menu may hold the same word: the nearest heading above the first date is the one.
        above = [at for at in headings if at < first_date]
        return blocks[(above[-1] if above else headings[0]) + 1 :]
    for at, next_at in zip(headings, [*headings[1:], len(blocks)], strict=True):
        if any(block.bullet for block in blocks[at:next_at]):
            return blocks[at + 1 :]
    return blocks[headings[-1] + 1 :]


def _refuse_impossible_dates(blocks: Sequence[Block]) -> None:
    for block in blocks:
        if block.is_impossible:
            raise SourceError(
                "Line {line} says “{text}”, and there is no such day. Nothing was stored. "
                "Mend the date in the file and import it again.",
                line=block.line,
                text=block.text,
            )


def _bullet(blocks: Sequence[Block]) -> str:
    """Return the bullet that begins the items of this page; empty: they have none."""
    dates = [at for at, block in enumerate(blocks) if block.kind is Kind.DATE]
    counted = Counter(block.bullet for block in blocks if block.bullet)
    if not dates:
        return max(counted, key=lambda mark: (counted[mark], -BULLETS.index(mark)), default="")
    # What stands right above the dates is the titles: do they have a bullet?
    titled = Counter(
        blocks[at].bullet or (blocks[at - 1].bullet if at else "")
        for at in dates
        if blocks[at].bullet or (at and blocks[at - 1].kind is Kind.TEXT)
    )
    mark, count = max(titled.items(), key=lambda pair: pair[1], default=("", 0))
    if mark or not count:
        return mark
    # Texts may stand between titles and dates: then every date is the only one below its bullet.
    for mark in counted:
        dated = [
            sum(block.kind is Kind.DATE for block in group) for group in _by_bullet(blocks, mark)
        ]
        if sum(dated) == len(dates) and max(dated) == 1:
            return mark
    return ""


def _by_bullet(blocks: Sequence[Block], bullet: str) -> list[list[Block]]:
    groups: list[list[Block]] = []
    is_open = False
    for at, block in enumerate(blocks):
        if block.bullet == bullet and not (is_open and _is_within(groups[-1], blocks, at)):
            groups.append([block])
            is_open = True
        elif block.kind is Kind.HEADING or (is_open and _is_outside(groups[-1], block)):
            is_open = False
        elif is_open:
            groups[-1].append(block)
    return groups


def _is_within(group: Sequence[Block], blocks: Sequence[Block], at: int) -> bool:
    """Say whether a bullet begins a list inside the text of an item, not the next item."""
    is_dated = at + 1 < len(blocks) and blocks[at + 1].kind is Kind.DATE
    return len(group) > 1 and blocks[at].column >= group[0].text_column and not is_dated


def _is_outside(group: Sequence[Block], block: Block) -> bool:
    """Say whether a block stands too far left to belong to an item that has its text already."""
    if block.column > group[0].column or len(group) == 1 or group[1].column <= group[0].column:
        return False
    return any(inner.kind is Kind.TEXT for inner in islice(group, 1, 9))


def _by_date(blocks: Sequence[Block]) -> list[list[Block]]:
    """Deal out blocks where each title stands right above, or each right below, its date."""
    if blocks and blocks[0].kind is Kind.DATE:
        starts = [at for at, block in enumerate(blocks) if block.kind is Kind.DATE]
        return [
            list(blocks[at:end]) for at, end in zip(starts, [*starts[1:], len(blocks)], strict=True)
        ]
    groups: list[list[Block]] = []
    for at, block in enumerate(blocks):
        above = blocks[at - 1] if at else None
        if block.kind is Kind.HEADING:
            continue
        if block.kind is Kind.DATE and above is not None and above.kind is Kind.TEXT:
            title = above
            if groups and groups[-1][-1] is above:
                title = _title_out_of(groups[-1])
            groups.append([title, block])
        elif groups:
            groups[-1].append(block)
    return groups


def _title_out_of(group: list[Block]) -> Block:
    """Take the title of the next item from the end of the one before."""
    last = group.pop()
    if not last.follows_date or len(last.raw_lines) == 1:
        return last
    # No blank lines on this page: text and next title stand together.
    text, title = last.split_before_last_line()
    group.append(text)
    return title


def _without_menus(found: list[Story]) -> list[Story]:
    """Leave out entries of menus before the first item and after the last."""
    news = [at for at, story in enumerate(found) if not _is_menu_entry(story)]
    return found[news[0] : news[-1] + 1] if news else []


def _is_menu_entry(story: Story) -> bool:
    is_short = len(story.title.split()) < _FEWEST_WORDS
    return is_short and story.published_on is None and not story.raw
