"""Read an issue from the database as the values that are checked, rendered and frozen."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from newsletter.content import (
    EventContent,
    IssueContent,
    Organisation,
    PictureContent,
    SectionContent,
    StoryContent,
)
from newsletter.language import Language
from newsletter.models import Issue, ItemKind, Picture, PlacedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """What all issues of a newsletter have in common."""

    newsletter_name: str
    organisation: Organisation
    base_url: str
    reply_to: str
    #: The language issues are written in.
    language: Language
    #: IANA zone of clock times.
    zone: str
    #: Where the pages of the newsletter begin, below base_url.
    path: str


def content_of(session: Session, issue: Issue, masthead: Masthead) -> IssueContent:
    """Return everything readers would see, the editor's words before the items' own.

    Sections without stories are left out; events with a time go to the calendar, in its order.
    """
    stories: list[SectionContent] = []
    events: list[EventContent] = []
    for section in issue.sections:
        told = []
        for placed in section.placed_items:
            if placed.item.kind is ItemKind.EVENT and placed.item.starts_at is not None:
                events.append(_event(placed, masthead))
            else:
                told.append(_story(session, placed, masthead))
        if told:
            stories.append(SectionContent(name=section.name, stories=tuple(told)))
    return IssueContent(
        name=issue.name,
        number=issue.number,
        issued_on=issue.issued_on,
        newsletter_name=masthead.newsletter_name,
        organisation=masthead.organisation,
        base_url=masthead.base_url,
        path=masthead.path,
        subject=issue.subject,
        preheader=issue.preheader,
        sections=tuple(stories),
        calendar=tuple(sorted(events, key=lambda event: event.starts_at)),
        editorial=issue.editorial,
        signature_name=issue.signature_name,
        signature_title=issue.signature_title,
        contact=issue.contact,
        reply_to=masthead.reply_to,
        language=masthead.language.code,
        zone=masthead.zone,
    )


def _story(session: Session, placed: PlacedItem, masthead: Masthead) -> StoryContent:
    item = placed.item
    title = _chosen(placed.title, item.title)
    return StoryContent(
        item_id=item.id,
        title=title,
        published_on=item.published_on,
        text=_chosen(placed.text, item.excerpt),
        url=_chosen(placed.url, item.url),
        link_text=_link_text(placed, title, masthead.language),
        language=_chosen(placed.language, item.language),
        is_lead=placed.is_lead,
        truncated=item.truncated and placed.text is None,
        picture=_picture(session, placed),
    )


def _event(placed: PlacedItem, masthead: Masthead) -> EventContent:
    item = placed.item
    assert item.starts_at is not None  # noqa: S101  # the caller looked
    title = _chosen(placed.title, item.title)
    return EventContent(
        item_id=item.id,
        title=title,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        place=item.place,
        text=_chosen(placed.text, item.excerpt),
        url=_chosen(placed.url, item.url),
        link_text=_link_text(placed, title, masthead.language),
        language=_chosen(placed.language, item.language),
    )


def _picture(session: Session, placed: PlacedItem) -> PictureContent | None:
    """Return the placed picture, else the item's; words about a picture belong to that picture."""
    source = placed if placed.picture_sha256 is not None else placed.item
    picture = session.get(Picture, source.picture_sha256) if source.picture_sha256 else None
    if picture is None:
        return None
    own, item = placed, placed.item
    fallback = item if own.picture_sha256 in (None, item.picture_sha256) else None
    return PictureContent(
        sha256=picture.sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        alt=_chosen(own.picture_alt, fallback.picture_alt if fallback else ""),
        caption=_chosen(own.picture_caption, fallback.picture_caption if fallback else ""),
        credit=_chosen(own.picture_credit, fallback.picture_credit if fallback else ""),
    )


def _link_text(placed: PlacedItem, title: str, language: Language) -> str:
    written = _chosen(placed.link_text, placed.item.link_text)
    return written or language.gettext("Read more: {title}").format(title=title)


def _chosen(own: str | None, stored: str) -> str:
    return stored if own is None else own
