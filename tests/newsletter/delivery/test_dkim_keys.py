"""The key is ours alone, strong, and signs for the domain mail comes from; or nothing is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dkim
import pydantic
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter.delivery import dkim_keys
from newsletter.errors import SettingsError, UsageError
from newsletter.messages import Signer
from newsletter.settings import DkimSettings, Settings

FROM = "nyhetsbrev@nyheter.example.org"
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> DkimSettings:
    dkim_keys.create(tmp_path / "rsa.pem", selector="nb202611", is_ed25519=False)
    dkim_keys.create(tmp_path / "ed.pem", selector="nb202611e", is_ed25519=True)
    return DkimSettings(
        key_file=tmp_path / "rsa.pem",
        selector="nb202611",
        ed25519_key_file=tmp_path / "ed.pem",
        ed25519_selector="nb202611e",
    )


def signer(settings: DkimSettings) -> Signer:
    made = dkim_keys.signer(settings, from_address=FROM)
    assert made is not None
    return made


def refusal(settings: DkimSettings) -> str:
    with pytest.raises(SettingsError) as refused:
        dkim_keys.signer(settings, from_address=FROM)
    return str(refused.value)


def test_what_the_dns_is_told_verifies_what_is_signed(settings: DkimSettings) -> None:
    ours = signer(settings)
    records = [dkim_keys.record(key, ours.domain) for key in ours.keys]
    zone = {f"{record.name}.".encode(): record.value.encode() for record in records}

    judge = dkim.DKIM(ours.sign(b"From: a@nyheter.example.org\r\n\r\nHej\r\n", at=AT))

    for place in (0, 1):
        assert judge.verify(idx=place, dnsfunc=lambda name, **_: zone[name])


def test_a_record_is_cut_into_strings_the_dns_can_hold(settings: DkimSettings) -> None:
    record = dkim_keys.record(signer(settings).keys[0], "example.org")

    strings = record.line.split('"')[1::2]

    assert record.line.startswith("nb202611._domainkey.example.org. IN TXT ( ")
    assert max(map(len, strings)) <= 255
    assert "".join(strings) == record.value


def test_without_a_key_nothing_is_signed_here() -> None:
    assert dkim_keys.signer(DkimSettings(), from_address=FROM) is None


def test_a_domain_above_the_from_address_may_sign(settings: DkimSettings) -> None:
    above = settings.model_copy(update={"domain": "example.org"})

    assert signer(above).domain == "example.org"


@pytest.mark.parametrize("domain", ["example.com", "er.example.org", "n.nyheter.example.org"])
def test_a_domain_that_does_not_align_is_refused(settings: DkimSettings, domain: str) -> None:
    assert domain in refusal(settings.model_copy(update={"domain": domain}))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_or_change_is_refused(settings: DkimSettings, mode: int) -> None:
    assert settings.key_file
    settings.key_file.chmod(mode)

    assert "chmod 600" in refusal(settings)


def test_a_key_that_is_not_there_is_named(settings: DkimSettings) -> None:
    assert settings.key_file
    settings.key_file.unlink()

    assert "rsa.pem" in refusal(settings)


def test_what_is_no_such_key_is_refused(settings: DkimSettings) -> None:
    swapped = settings.model_copy(update={"key_file": settings.ed25519_key_file})
    assert "RSA" in refusal(swapped)

    assert settings.key_file
    settings.key_file.write_text("-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n")
    assert "PEM" in refusal(settings)


def test_a_weak_key_is_refused(settings: DkimSettings) -> None:
    assert settings.key_file
    settings.key_file.write_bytes(
        rsa.generate_private_key(65537, 1024).private_bytes(  # noqa: S505 - that is the point
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

    assert "1024" in refusal(settings)


def test_a_key_is_never_overwritten(settings: DkimSettings) -> None:
    assert settings.key_file
    before = settings.key_file.read_bytes()

    with pytest.raises(UsageError):
        dkim_keys.create(settings.key_file, selector="x", is_ed25519=False)

    assert settings.key_file.read_bytes() == before


def test_a_new_key_is_closed_to_others(settings: DkimSettings) -> None:
    assert settings.key_file

    assert settings.key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "half",
    [
        {"key_file": "a.pem"},
        {"selector": "nb"},
        {"key_file": "a.pem", "selector": "not a selector"},
        {"ed25519_key_file": "e.pem", "ed25519_selector": "nbe"},
        {"key_file": "a", "selector": "nb", "ed25519_key_file": "e", "ed25519_selector": "nb"},
    ],
)
def test_half_a_setting_is_told_at_once(half: dict[str, str]) -> None:
    with pytest.raises(pydantic.ValidationError):
        Settings.model_validate({"dkim": half})
