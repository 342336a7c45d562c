"""How editors come to the desk, and what it asks of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class OidcSettings(BaseModel):
    """The organisation's own sign-in, by OpenID Connect; off unless `issuer` is set."""

    model_config = ConfigDict(extra="forbid")

    #: The provider, exactly as it names itself; its addresses are found from there.
    issuer: str = ""
    #: What the provider knows this program as.
    client_id: str = ""
    #: Empty: a public client, which PKCE alone protects.
    client_secret: SecretStr = SecretStr("")
    #: A file that holds it instead (chmod 600).
    client_secret_file: Path | None = None
    #: The claims that hold somebody's address, name and groups.
    address_claim: str = "email"
    name_claim: str = "name"
    groups_claim: str = "groups"
    #: Which group has which role; whoever is in none is not let in. Empty: roles are given here.
    roles: dict[str, Literal["editor", "approver", "admin"]] = Field(default_factory=dict)
    #: Who has a role by a group and was never invited becomes a user at the first sign-in.
    adds_users: bool = False

    @field_validator("issuer")
    @classmethod
    def _issuer_is_safe(cls, issuer: str) -> str:
        if issuer and not is_safe_url(issuer):
            raise ValueError("write the issuer like https://login.example.org")
        return issuer

    @model_validator(mode="after")
    def _is_whole(self) -> OidcSettings:
        if bool(self.issuer) != bool(self.client_id):
            raise ValueError("issuer and client_id must both be there, or neither")
        if self.client_secret.get_secret_value() and self.client_secret_file is not None:
            raise ValueError("write client_secret or client_secret_file, not both")
        if self.adds_users and not self.roles:
            raise ValueError("adds_users needs roles, so that a group says who is let in")
        return self


class DeskSettings(BaseModel):
    """How editors come to the desk, and what it asks of them."""

    model_config = ConfigDict(extra="forbid")

    #: Editors sign in with a password of their own; false: with the organisation's account alone.
    passwords: bool = True
    #: Besides the password, a code from an app.
    second_factor: bool = True
    #: Whoever approves an issue is an approver, and has not changed it last.
    four_eyes: bool = False
    oidc: OidcSettings = Field(default_factory=OidcSettings)

    @model_validator(mode="after")
    def _has_a_way_in(self) -> DeskSettings:
        if not self.passwords and not self.oidc.issuer:
            raise ValueError("without passwords nobody comes in; set oidc.issuer as well")
        return self


def is_safe_url(url: str) -> bool:
    """Tell whether nobody can listen on the way to an address: https, or this very machine.

    >>> is_safe_url("https://login.example.org/a"), is_safe_url("http://login.example.org")
    (True, False)
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_whole = bool(host) and not (parts.username or parts.fragment or parts.query)
    return is_whole and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
