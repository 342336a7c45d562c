"""Items to compose from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.issues.section_rules import SectionRules, read_section_rules
from newsletter.models import Item, ItemKind, Newsletter
from newsletter.templates_folder import TemplatesFolder

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def rules() -> SectionRules:
    return read_section_rules(TemplatesFolder().find("rules/sections.toml"))


@pytest.fixture
def newsletter_id(database: Database) -> int:
    with database.writing() as session:
        newsletter = Newsletter(slug="nyhetsbrev")
        session.add(newsletter)
        session.flush()
        return newsletter.id


@pytest.fixture
def add_item() -> Callable[..., Item]:
    def add(session: Session, title: str, day: date | None, **fields: Any) -> Item:
        text = fields.pop("excerpt", "En hel mening.")
        item = Item(
            **{
                "identity": title,
                "kind": ItemKind.NEWS,
                "title": title,
                "published_on": day,
                "excerpt": text,
                "raw_excerpt": text,
                "truncated": False,
                "created_at": NOW,
                "updated_at": NOW,
                "url": "https://www.example.org/nyhet",
                **fields,
            }
        )
        session.add(item)
        session.flush()
        return item

    return add
