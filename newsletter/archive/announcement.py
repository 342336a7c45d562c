"""Write what tells others that an issue is out: for a web page, as HTML, and for social media."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from newsletter.content import IssueContent
from newsletter.foreign_passages import marked_up, unmarked
from newsletter.language import Language
from subscribers.wording import Sentence

#: Characters of a post on the networks with the shortest ones.
LONGEST_POST = 280
#: What any link counts as there.
_LINK_COUNTS = 23


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The same news three times; the importer knows its title for an announcement."""

    title: str
    plain: str
    html: str
    social: str


def announcement(content: IssueContent, language: Language) -> Announcement:
    """Return the announcement of an issue, in the issue's `language`."""
    title = language.say(
        Sentence("{newsletter} out now", newsletter=content.newsletter_name),
    )
    month = language.month_name(content.issued_on)
    opening = language.say(Sentence("In the {month} issue:", month=month))
    day = language.date(content.issued_on)
    titles = [story.title for story in content.stories] or [e.title for e in content.calendar]
    read = language.gettext("Read the issue on the web")
    join = language.gettext("Subscribe, and the next issue comes to your inbox")
    join_url = content.subscribe_url
    plain = "\n".join(
        [
            f"{title} – {day}",
            "",
            opening,
            *(f"– {unmarked(one)}" for one in titles),
            "",
            f"{read}: {content.web_url}",
            f"{join}: {join_url}",
            "",
        ]
    )
    items = "".join(f"\n  <li>{marked_up(one)}</li>" for one in titles)
    html = (
        f"<p><strong>{escape(title)}</strong> – {escape(day)}</p>\n"
        f"<p>{escape(opening)}</p>\n<ul>{items}\n</ul>\n"
        f'<p><a href="{escape(content.web_url)}">{escape(read)}</a></p>\n'
        f'<p><a href="{escape(join_url)}">{escape(join)}</a></p>\n'
    )
    return Announcement(
        title=title,
        plain=plain,
        html=html,
        social=f"{_shortened(f'{title}: {unmarked(content.subject)}')} {content.web_url}",
    )


def _shortened(text: str) -> str:
    room = LONGEST_POST - _LINK_COUNTS - len(" ")
    if len(text) <= room:
        return text
    return text[: room - 1].rpartition(" ")[0].rstrip(" ,;:–-") + "…"
