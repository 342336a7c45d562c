"""Write the content of an issue as canonical JSON, as it is frozen, and read it again."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
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


def to_json(value: Any) -> str:
    """Return a content value as canonical JSON: sorted keys, dates as ISO 8601."""
    return json.dumps(
        dataclasses.asdict(value),
        default=lambda moment: moment.isoformat(),
        ensure_ascii=False,
        sort_keys=True,
    )


def issue_from_json(text: str) -> IssueContent:
    """Return the content that `to_json` was given."""
    value = json.loads(text)
    value["issued_on"] = date.fromisoformat(value["issued_on"])
    value["organisation"] = Organisation(**value["organisation"])
    value["sections"] = tuple(
        SectionContent(name=section["name"], stories=tuple(map(_story, section["stories"])))
        for section in value["sections"]
    )
    value["calendar"] = tuple(map(_event, value["calendar"]))
    return IssueContent(**value)


def sender_from_json(text: str) -> Sender:
    """Return the sender that `to_json` was given."""
    return Sender(**json.loads(text))


def _story(value: dict[str, Any]) -> StoryContent:
    day, picture = value.pop("published_on"), value.pop("picture", None)
    return StoryContent(
        published_on=date.fromisoformat(day) if day else None,
        picture=PictureContent(**picture) if picture else None,
        **value,
    )


def _event(value: dict[str, Any]) -> EventContent:
    starts_at, ends_at = value.pop("starts_at"), value.pop("ends_at")
    return EventContent(
        starts_at=datetime.fromisoformat(starts_at),
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        **value,
    )
