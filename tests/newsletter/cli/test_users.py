"""`newsletter users`: what cannot be tried at the desk."""

from __future__ import annotations

from tests.newsletter.cli.conftest import Command


def test_a_user_is_signed_out_everywhere_by_a_command(newsletter: Command) -> None:
    newsletter("users", "add", "kim.exempel@example.org", "--name", "Kim Exempel")

    done = newsletter("users", "sign-out", "kim.exempel@example.org")
    nobody = newsletter("users", "sign-out", "robin.exempel@example.org")

    assert (done.code, nobody.code) == (0, 1)
    assert "Kim Exempel is signed out everywhere." in done.out
