"""Settings of sending: servers, signatures, and how much may go when."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

# Labels of a domain name (RFC 6376, 3.1).
_SELECTOR = (
    r"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)?$"
)


class DkimSettings(BaseModel):
    """Whether and how messages are signed; off where the mail server signs them."""

    model_config = ConfigDict(extra="forbid")

    #: RSA private key (PEM, chmod 600). None: nothing is signed here.
    key_file: Path | None = None
    #: The name its public half has in the DNS.
    selector: str = Field(default="", pattern=_SELECTOR)
    #: Empty: that of the from address.
    domain: str = ""
    #: A second signature, for the receivers that know it (RFC 8463).
    ed25519_key_file: Path | None = None
    ed25519_selector: str = Field(default="", pattern=_SELECTOR)

    @model_validator(mode="after")
    def _is_whole(self) -> DkimSettings:
        if self.ed25519_key_file is not None and self.key_file is None:
            raise ValueError("an Ed25519 key signs only beside an RSA key; set key_file too")
        for key_file, selector in (
            (self.key_file, self.selector),
            (self.ed25519_key_file, self.ed25519_selector),
        ):
            if (key_file is None) != (not selector):
                raise ValueError("a key file and its selector must both be there, or neither")
        if self.selector and self.selector == self.ed25519_selector:
            raise ValueError("two keys need two selectors")
        return self


class SmtpServerSettings(BaseModel):
    """One of several mail servers that share the work."""

    model_config = ConfigDict(extra="forbid")

    #: Names it in messages, and its limits in the database.
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$")
    #: Like smtp_url.
    url: SecretStr
    #: Its share beside the weights of the others; 0: what it can take.
    weight: int = Field(default=0, ge=0, le=1000)
    #: Connections to it at the same time.
    connections: int = Field(default=4, ge=1, le=100)
    #: Most messages a second over it; 0: as fast as it takes them.
    messages_per_second: float = Field(default=0, ge=0)
    #: Most messages over it in an hour; 0: no such limit.
    messages_per_hour: int = Field(default=0, ge=0)


class DomainLimitSettings(BaseModel):
    """How much may go to one group of recipients' domains."""

    model_config = ConfigDict(extra="forbid")

    #: Most messages a second; 0: no such limit.
    messages_per_second: float = Field(default=0, ge=0)
    #: Most messages in an hour; 0: no such limit.
    messages_per_hour: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _is_one(self) -> DomainLimitSettings:
        if not self.messages_per_second and not self.messages_per_hour:
            raise ValueError("write messages_per_second or messages_per_hour")
        return self


class SendingHoursSettings(BaseModel):
    """When issues go out; at any time unless `opens` and `closes` are set."""

    model_config = ConfigDict(extra="forbid")

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default=["mon", "tue", "wed", "thu", "fri"], min_length=1
    )
    #: Clock times in the zone of the newsletter; one that closes before it opens, closes on the
    #: next day.
    opens: time | None = None
    closes: time | None = None

    @model_validator(mode="after")
    def _are_some(self) -> SendingHoursSettings:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("opens and closes must both be there, or neither")
        if self.opens is not None and self.opens == self.closes:
            raise ValueError("opens and closes are the same time")
        return self

    @property
    def weekdays(self) -> frozenset[int]:
        """The days as numbers; Monday is 0."""
        return frozenset(
            ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(d) for d in self.days
        )


class WarmUpSettings(BaseModel):
    """How a new server or domain earns its reputation; off unless `first_day` is set."""

    model_config = ConfigDict(extra="forbid")

    #: Messages on the first day on which something is sent; 0: no plan.
    first_day: int = Field(default=0, ge=0)
    #: So many times more on every next day on which something is sent.
    factor: float = Field(default=2, gt=1, le=10)
    #: A day that would allow so many needs no limit any more.
    full_speed: int = Field(default=20_000, gt=0)
