"""`newsletter issues ask-review`."""

from __future__ import annotations

import pytest

from tests.newsletter.cli.conftest import Command


@pytest.mark.usefixtures("draft")
def test_nobody_is_asked_about_what_is_not_ready(newsletter: Command) -> None:
    newsletter("users", "add", "robin.exempel@example.org", "--name", "Robin Exempel")

    nobody = newsletter("issues", "ask-review", "2026-01", "--of", "kim@example.org")
    not_ready = newsletter("issues", "ask-review", "2026-01", "--of", "robin.exempel@example.org")

    assert (nobody.code, not_ready.code) == (1, 4)
    assert "Nobody was asked." in not_ready.err
