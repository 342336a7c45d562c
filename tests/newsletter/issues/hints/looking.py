"""Look for one code in a story, or in an issue, that is good but for what the test is about."""

from __future__ import annotations

from datetime import date
from typing import Any

from newsletter.content import IssueContent, RenderedIssue
from newsletter.issues import hints
from newsletter.issues.hints import Checked, Hint
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_issue_content, make_story

WORDS = hints.read_words(TemplatesFolder().find)
RENDERED = RenderedIssue(subject="", html="", text="", web_article="", feed_entry="")
ISSUED_ON = date(2026, 11, 25)


def checked(content: IssueContent, **more: Any) -> Checked:
    return Checked(**{"content": content, "rendered": RENDERED, "words": WORDS, **more})


def in_issue(code: str, *, memory: dict[str, Any] | None = None, **fields: Any) -> list[Hint]:
    content = make_issue_content(**{"issued_on": ISSUED_ON, **fields})
    return [hint for hint in hints.find(checked(content, **(memory or {}))) if hint.code == code]


def in_story(code: str, *, memory: dict[str, Any] | None = None, **fields: Any) -> list[Hint]:
    story = make_story(**{"published_on": ISSUED_ON, **fields})
    return in_issue(code, memory=memory, stories=[story], calendar=(), editorial="")


def mended(code: str, field: str, words: str, **fields: Any) -> str:
    """Return a field after the fixes for a code, one by one."""
    for _ in range(9):
        found = in_story(code, **{**fields, field: words})
        fix = next((hint.fix for hint in found if hint.fix and hint.fix.field == field), None)
        if fix is None:
            break
        words = fix.value
    return words
