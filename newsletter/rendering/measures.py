"""Measure a rendered issue against what mail programs take and readers can use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.content import IssueContent, RenderedIssue
from newsletter.foreign_passages import unmarked
from newsletter.rendering.checks import LONGEST_SHEET, MOST_STYLES
from newsletter.rendering.plain_text import COLUMNS
from newsletter.rendering.themes import Theme
from subscribers.wording import Sentence

#: Bytes of HTML. Gmail shows no more than 102 KB, and not the way out (requirement M04).
MOST_HTML = 80_000
#: Bytes of all pictures and of one: readers are on phones (M03).
MOST_PICTURES = 1_000_000
LARGEST_PICTURE = 200_000
#: Characters an inbox shows of the subject, and from how many on the preheader fills its line.
LONGEST_SUBJECT = 60
SHORTEST_PREHEADER, LONGEST_PREHEADER = 40, 120

_SHEET = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that was measured."""

    what: Sentence
    value: Sentence
    #: What it should be.
    allowed: Sentence
    is_good: bool


def measures(
    rendered: RenderedIssue,
    content: IssueContent,
    *,
    theme: Theme,
    message: bytes,
    pictures: Mapping[str, bytes],
) -> list[Measure]:
    """Return what was measured; `pictures` are the files by their address.

    What no mail is rendered without (headings, languages, roles, words of links) is not here:
    `newsletter.rendering.checks` has seen to it.
    """
    html = len(rendered.html.encode())
    sheets = [len(sheet) for sheet in _SHEET.findall(rendered.html)]
    longest_line = max(len(line) for line in rendered.text.splitlines() if "://" not in line)
    weights = [len(file) for file in pictures.values()]
    lowest = min(theme.pairs, key=lambda pair: pair.ratio / pair.least)
    subject, preheader = len(rendered.subject), len(unmarked(content.preheader))
    return [
        Measure(
            Sentence("HTML"),
            _kilobytes(html),
            Sentence("at most {n} KB; Gmail cuts at 102", n=MOST_HTML // 1000),
            html <= MOST_HTML,
        ),
        Measure(
            Sentence("The whole message"),
            _kilobytes(len(message)),
            Sentence("as small as it can be"),
            is_good=True,
        ),
        Measure(
            Sentence("Style sheets, all and the longest"),
            Sentence("{total} and {longest} bytes", total=sum(sheets), longest=max(sheets)),
            Sentence(
                "at most {total} and {longest} bytes", total=MOST_STYLES, longest=LONGEST_SHEET
            ),
            sum(sheets) <= MOST_STYLES and max(sheets) <= LONGEST_SHEET,
        ),
        Measure(
            Sentence("Pictures"),
            _kilobytes(sum(weights)),
            Sentence(
                "at most {total} KB, each at most {each} KB",
                total=MOST_PICTURES // 1000,
                each=LARGEST_PICTURE // 1000,
            ),
            sum(weights) <= MOST_PICTURES and max(weights, default=0) <= LARGEST_PICTURE,
        ),
        Measure(
            Sentence("Subject"),
            Sentence("{n} characters", n=subject),
            Sentence("at most {n} characters", n=LONGEST_SUBJECT),
            0 < subject <= LONGEST_SUBJECT,
        ),
        Measure(
            Sentence("Preheader"),
            Sentence("{n} characters", n=preheader),
            Sentence(
                "{least} to {most} characters", least=SHORTEST_PREHEADER, most=LONGEST_PREHEADER
            ),
            SHORTEST_PREHEADER <= preheader <= LONGEST_PREHEADER,
        ),
        Measure(
            Sentence("Plain text, the longest line"),
            Sentence("{n} characters", n=longest_line),
            Sentence("at most {n} characters", n=COLUMNS),
            longest_line <= COLUMNS,
        ),
        Measure(
            Sentence(
                "The lowest contrast: {over} on {under}",
                over=f"{lowest.scheme}.{lowest.over}",
                under=f"{lowest.scheme}.{lowest.under}",
            ),
            Sentence("{ratio} to 1", ratio=lowest.ratio),
            Sentence("at least {least} to 1", least=lowest.least),
            lowest.can_be_told_apart,
        ),
    ]


def _kilobytes(size: int) -> Sentence:
    return Sentence("{n} KB", n=round(size / 1000, 1))
