"""The content of one issue as plain values: what is composed, checked, rendered and frozen.

`issues` makes an `IssueContent` from the database; `rendering` turns it into a `RenderedIssue`;
approval stores both. Nothing here knows a database, a template or a server.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime

#: Stand in the rendered bytes where a reader's own values go. Plain letters and digits, so that
#: no escaping, inlining or line folding can change them.
ADDRESS_SLOT = "NLSLOTADDRESSX"
TOKEN_SLOT = "NLSLOTTOKENX"
SLOTS = (ADDRESS_SLOT, TOKEN_SLOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureContent:
    """A picture as it stands in an issue."""

    sha256: str
    #: "image/jpeg", "image/png" or "image/gif".
    media_type: str
    #: Pixels.
    width: int
    #: Pixels.
    height: int
    #: Empty only where the picture says nothing the text does not.
    alt: str
    caption: str = ""
    #: The photographer's name, without "Foto:".
    credit: str = ""

    @property
    def path(self) -> str:
        """Its path on the web, below the base URL; the same for every reader."""
        ending = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}[self.media_type]
        return f"/bilder/{self.sha256}.{ending}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryContent:
    """One placed item, the editor's words already chosen over the item's."""

    item_id: int
    title: str
    published_on: date | None
    #: Plain text; a blank line parts paragraphs.
    text: str
    url: str
    link_text: str
    #: "sv", "en", …: marked where it differs from the issue's.
    language: str = "sv"
    is_lead: bool = False
    #: The stored text is cut off and the editor has not written another.
    truncated: bool = False
    picture: PictureContent | None = None

    @property
    def anchor(self) -> str:
        """Its id in the page, for the list of contents."""
        return f"nyhet-{self.item_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContent:
    """One line of the calendar; times are aware."""

    item_id: int
    title: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    text: str
    url: str
    link_text: str
    language: str = "sv"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionContent:
    """A heading and its stories, in the editor's order; never empty."""

    name: str
    stories: tuple[StoryContent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who is behind the newsletter: stands in every footer (e-commerce act 2002:562, 8 §)."""

    name: str
    unit: str = ""
    postal_address: str = ""
    registration_number: str = ""
    #: Who answers for the content: a function, not a person.
    responsible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """From whom, and which list: the same for all issues of a newsletter."""

    from_name: str
    from_address: str
    reply_to: str
    #: RFC 2919: constant for the life of the list, in a domain that is ours.
    list_id: str
    list_name: str
    #: Where "unsubscribe by mail" goes, its local part extended by +token; empty: https only.
    unsubscribe_address: str = ""
    #: MAIL FROM; where bounces go.
    envelope_sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueContent:
    """Everything a reader sees in one issue, before it has a look."""

    #: Year and number: "2017-02".
    name: str
    number: int
    issued_on: date
    newsletter_name: str
    organisation: Organisation
    #: Public address of the web pages, without a slash at the end.
    base_url: str
    subject: str
    preheader: str
    sections: tuple[SectionContent, ...]
    calendar: tuple[EventContent, ...] = ()
    #: Markdown, of which a part is understood (`rendering.markdown`).
    editorial: str = ""
    signature_name: str = ""
    signature_title: str = ""
    contact: str = ""
    reply_to: str = ""
    language: str = "sv"
    #: IANA zone in which clock times are shown.
    zone: str = "Europe/Stockholm"
    #: Where the newsletter's own pages begin, below base_url.
    path: str = "/nyhetsbrev"
    #: A test mail says so at the top and its links lead to a page that says so too.
    test_number: int | None = None

    @property
    def stories(self) -> tuple[StoryContent, ...]:
        """All stories in reading order, the calendar not among them."""
        return tuple(story for section in self.sections for story in section.stories)

    @property
    def web_url(self) -> str:
        """The one public address of the issue; the same for every reader.

        A test mail's leads to a page that says so: the issue may not be out yet.
        """
        if self.test_number is not None:
            return f"{self.base_url}/test"
        return f"{self.archive_url}/{self.name}"

    @property
    def archive_url(self) -> str:
        """Where earlier issues are."""
        return f"{self.base_url}{self.path}"

    @property
    def subscribe_url(self) -> str:
        """Where somebody joins to whom a reader has passed the issue on."""
        return f"{self.archive_url}/prenumerera"

    @property
    def unsubscribe_url(self) -> str:
        """The reader's own way out, with a slot where the token goes."""
        return f"{self.base_url}/avsluta/{TOKEN_SLOT}"

    @property
    def privacy_url(self) -> str:
        """How personal data are treated."""
        return f"{self.base_url}/personuppgifter"

    @property
    def accessibility_url(self) -> str:
        """The accessibility statement."""
        return f"{self.base_url}/tillganglighet"

    def picture_url(self, picture: PictureContent) -> str:
        """Return the public address of a picture."""
        return f"{self.base_url}{picture.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedIssue:
    """One issue as bytes-to-be: identical for all readers but for the slots."""

    subject: str
    #: A whole HTML document for mail, CSS inlined, with slots.
    html: str
    #: The same as plain text, lines of at most 72 columns, with slots.
    text: str
    #: An <article> for the web pages: no slots, no layout tables, no personal data.
    web_article: str
    #: HTML content for the feed.
    feed_entry: str


def announcement_id(name: str, *, path: str = "/nyhetsbrev") -> str:
    """Return what the announcement of an issue is known by, in every feed it passes through.

    >>> announcement_id("2017-02")
    'nyhetsbrev:2017-02'
    >>> announcement_id("2017-02", path="/nyhetsbrev/forskning")
    'nyhetsbrev:forskning:2017-02'
    """
    return ":".join([*path.strip("/").split("/"), name])


def is_announcement_id(text: str) -> bool:
    """Tell whether an entry of a feed is one of `announcement_id`.

    >>> is_announcement_id("nyhetsbrev:2017-02"), is_announcement_id("nyhetsbrev:om-nyhetsbrev")
    (True, False)
    >>> is_announcement_id("nyhetsbrev:forskning:2017-02")
    True
    """
    return re.fullmatch(r"nyhetsbrev:([a-z][a-z0-9-]*:)?\d{4}-\d{2,4}", text, re.ASCII) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Who is behind a mail or page: what stands around its words."""

    newsletter_name: str
    organisation: Organisation
    #: Public address of the web pages, without a slash at the end.
    base_url: str
    reply_to: str
    #: Whom readers see issues come from.
    from_address: str
    #: IANA zone in which clock times are shown.
    zone: str
    #: Where the newsletter's own pages begin, below base_url.
    path: str = "/nyhetsbrev"

    @property
    def archive_url(self) -> str:
        """Where earlier issues are."""
        return f"{self.base_url}{self.path}"

    @property
    def privacy_url(self) -> str:
        """How personal data are treated."""
        return f"{self.base_url}/personuppgifter"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedServiceMail:
    """One mail to one person, finished: nothing is left open."""

    subject: str
    #: A whole HTML document for mail, CSS inlined.
    html: str
    #: The same as plain text, lines of at most 72 columns.
    text: str


def sha256_of(*parts: str) -> str:
    """Return one hash over several texts; where one ends is part of it."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()
