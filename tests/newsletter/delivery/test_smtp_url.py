"""The mail server is named by one setting; what is wrong with it is said without the password."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.smtp_url import Security, SmtpServer, parse
from newsletter.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "smtp://smtp.example.org",
            SmtpServer(host="smtp.example.org", port=587, security=Security.STARTTLS),
        ),
        (
            "smtps://smtp.example.org",
            SmtpServer(host="smtp.example.org", port=465, security=Security.IMPLICIT),
        ),
        (
            "smtp+plain://relay.example.org/",
            SmtpServer(host="relay.example.org", port=25, security=Security.NONE),
        ),
        (
            "smtp://user%40example.org:p%3Aw%2F%25%40%C3%A5@smtp.example.org:2525",
            SmtpServer(
                host="smtp.example.org",
                port=2525,
                security=Security.STARTTLS,
                user="user@example.org",
                password="p:w/%@å",
            ),
        ),
        (
            "smtps://[2001:db8::25]:4650",
            SmtpServer(host="2001:db8::25", port=4650, security=Security.IMPLICIT),
        ),
        (
            "smtp+plain://kim:secret@[::1]:25",
            SmtpServer(host="::1", port=25, security=Security.NONE, user="kim", password="secret"),
        ),
    ],
)
def test_a_url_names_the_server(url: str, server: SmtpServer) -> None:
    assert parse(url) == server


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "--to-folder"),
        ("smtp.example.org:587", "must begin with"),
        ("http://smtp.example.org", "must begin with"),
        ("smtp://", "no host"),
        ("smtp://:587", "no host"),
        ("smtp://smtp.example.org:0", "cannot be read"),
        ("smtp://smtp.example.org:99999", "cannot be read"),
        ("smtp://smtp.example.org:port", "cannot be read"),
        ("smtp://[::1", "cannot be read"),
        ("smtp://smtp.example.org/inbox", "does not belong"),
        ("smtp://kim:s3cret#x@smtp.example.org", "cannot be read"),
        ("smtp://kim@smtp.example.org", "both"),
        ("smtp://:s3cret@smtp.example.org", "both"),
        ("smtp://kim:s3cret%FF@smtp.example.org", "UTF-8"),
        ("smtp://kim:s3cret%00@smtp.example.org", "control"),
        ("smtp://smtp.example.org\r\nRCPT", "control"),
        ("smtp://smtp.example.org?tls=no", "ca=FILE"),
        ("smtp://smtp.example.org?ca=/no/such/file.pem", "not there"),
        ("smtp+plain://kim:s3cret@smtp.example.org", "unprotected"),
        ("smtp+plain://kim:s3cret@192.0.2.1", "unprotected"),
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_the_password(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as raised:
        parse(url)

    assert "s3cret" not in str(raised.value)


def test_the_password_is_not_printed() -> None:
    server = parse("smtp://kim:s3cret@smtp.example.org")

    assert "s3cret" not in repr(server)
    assert server.name == "smtp.example.org:587"


def test_certificates_of_ones_own_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("")

    assert parse(f"smtps://smtp.example.org?ca={file}").ca_file == file


@given(st.text())
def test_any_text_is_a_server_or_a_settings_error(text: str) -> None:
    for url in (text, f"smtp://{text}"):
        with contextlib.suppress(SettingsError):
            assert parse(url).host
