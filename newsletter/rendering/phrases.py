"""What the templates of an issue can say: fixed words, dates, links, in the issue's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import babel
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from newsletter.content import ADDRESS_SLOT, EventContent, IssueContent, StoryContent
from newsletter.foreign_passages import marked_up, unmarked
from newsletter.language import NO_BREAK, Language

#: A list of contents helps from this many stories on.
CONTENTS_FROM = 5
#: Inboxes show about so many characters of the preheader; a shorter one would be followed by
#: whatever the mail begins with.
PREHEADER_LENGTH = 85


class Phrases:
    """Speaks for one issue."""

    def __init__(self, issue: IssueContent, language: Language) -> None:
        self.issue = issue
        self.language = language
        self.zone = ZoneInfo(issue.zone)

    def in_templates(self) -> dict[str, Any]:
        """Return what templates may call, by the names they use."""
        return {
            "_": saying(self.language),
            "address_slot": ADDRESS_SLOT,
            "calendar": sorted(self.issue.calendar, key=lambda event: event.starts_at),
            "contents_from": CONTENTS_FROM,
            "day": self.language.date,
            "direction": direction,
            "gap": "\f",
            "issue": self.issue,
            "link_mark": self.link_mark,
            "link_words": self.link_words,
            "local": self.local,
            "mail_link": mail_link,
            "marked": self.marked,
            "month": self.language.month,
            "padding": preheader_padding(unmarked(self.issue.preheader)),
            "when": self.when,
        }

    def local(self, moment: dt.datetime) -> dt.datetime:
        """Return a time as the clocks of the newsletter's zone show it."""
        return moment.astimezone(self.zone)

    def when(self, event: EventContent) -> tuple[str, ...]:
        """Return when an event is, in parts to be kept whole: "7 mars", "kl. 08.00–09.30".

        Midnight means that no clock time is known; the year stands there if it is another one.
        """
        starts = self.local(event.starts_at)
        ends = self.local(event.ends_at) if event.ends_at else starts
        has_clock = starts.time() != dt.time() or ends.time() != dt.time()
        if ends.date() <= starts.date():
            until = f"–{self._clock(ends)}" if ends > starts else ""
            return self._moment(starts, f"{self._clock(starts)}{until}" if has_clock else "")
        *first, last = self._moment(starts, self._clock(starts) if has_clock else "")
        return (*first, f"{last} –", *self._moment(ends, self._clock(ends) if has_clock else ""))

    def _moment(self, moment: dt.datetime, clock: str) -> tuple[str, ...]:
        same_year = moment.year == self.issue.issued_on.year
        say = self.language.day_and_month if same_year else self.language.date
        day = say(moment.date()).replace(" ", NO_BREAK)
        if not clock:
            return (day,)
        if self.language.code == "sv":
            return day, f"kl.{NO_BREAK}{clock}"
        return f"{day},", clock

    def _clock(self, moment: dt.datetime) -> str:
        return self.language.clock(moment, self.zone)

    def marked(self, code: str, *, within: str = "") -> Markup:
        """Return the attributes of a text in another language than what it stands in, or nothing.

        `within` is the language around it, the issue's if not given.
        """
        around = within or self.issue.language
        if code == around:
            return Markup()
        if direction(code) == direction(around):
            return Markup(' lang="{}"').format(code)
        return Markup(' lang="{}" dir="{}"').format(code, direction(code))

    def link_mark(self, part: StoryContent | EventContent) -> Markup:
        """Return the language attributes of `link_words`: fixed words are in the issue's own."""
        return self.marked(part.language) if part.link_text.strip() else Markup()

    def link_words(self, part: StoryContent | EventContent) -> str:
        """Return the words of a story's link; they say where it leads, whatever the editor left."""
        if part.link_text.strip():
            return part.link_text
        if isinstance(part, EventContent):
            message = self.language.gettext("More about the event: {title}")
        else:
            message = self.language.gettext("Read the whole story: {title}")
        return message.format(title=part.title)


def saying(language: Language) -> Callable[..., str]:
    """Return what says a fixed text in a language, its fields filled in and escaped: `_`."""

    @pass_eval_context
    def say(context: EvalContext, message: str, /, **fields: Any) -> str:
        template = language.gettext(message)
        return (
            escape(template).format(**fields) if context.autoescape else template.format(**fields)
        )

    return say


def direction(code: str) -> str:
    """Return which way a language is written, "ltr" or "rtl".

    >>> direction("sv"), direction("ar")
    ('ltr', 'rtl')
    """
    try:
        return babel.Locale.parse(code, sep="-").text_direction
    except (ValueError, babel.UnknownLocaleError):
        return "ltr"


def mail_link(address: str) -> Markup:
    """Return a link to a mailbox, its address being its words."""
    return Markup('<a href="mailto:{0}">{0}</a>').format(address)


def paragraphs(text: str) -> list[Markup]:
    r"""Return the paragraphs of an editor's text as HTML; single newlines stay line breaks.

    Passages in another language are marked (`newsletter.foreign_passages`).

    >>> paragraphs("a & b\nc\n\nd")
    [Markup('a &amp; b<br />c'), Markup('d')]
    """
    parts = re.split(r"\n[ \t]*\n", text.strip())
    return [
        Markup("<br />").join(marked_up(line.strip()) for line in part.strip().split("\n"))
        for part in parts
        if part.strip()
    ]


def preheader_padding(preheader: str) -> str:
    """Return what keeps the rest of a mail from showing up after a short preheader.

    Blanks that are seen by nobody and, since no two alike follow each other, are not collapsed.
    """
    if not preheader or len(preheader) >= PREHEADER_LENGTH:
        return ""
    unseen = "\N{COMBINING GRAPHEME JOINER}\N{ZERO WIDTH NON-JOINER}\N{NO-BREAK SPACE}"
    return unseen * (PREHEADER_LENGTH - len(preheader))
