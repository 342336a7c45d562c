"""Pictures are large enough, credited, and said in words of their own."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.issues.hints import Severity
from tests.builders import make_picture
from tests.newsletter.issues.hints.looking import in_story


@pytest.mark.parametrize(
    ("code", "bad", "good", "severity"),
    [
        ("CREDIT", {"credit": " "}, {"credit": "Kim Exempel"}, Severity.YELLOW),
        ("IMGSIZE", {"width": 599}, {"width": 600}, Severity.YELLOW),
        ("ALTDUP", {"alt": "rådet röstar!"}, {"alt": "Händer i luften"}, Severity.GREY),
        ("ALTDUP", {"alt": "En fest", "caption": "En fest."}, {"alt": "–"}, Severity.GREY),
    ],
)
def test_pictures(code: str, bad: dict[str, Any], good: dict[str, Any], severity: Severity) -> None:
    found = in_story(code, title="Rådet röstar", picture=make_picture(**bad))

    assert [hint.severity for hint in found] == [severity]
    assert in_story(code, title="Rådet röstar", picture=make_picture(**good)) == []
    assert in_story(code, title="Rådet röstar") == []
