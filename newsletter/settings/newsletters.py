"""Settings of the newsletters, and of the organisation behind them."""

from __future__ import annotations

from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

#: Pages of the first newsletter, beside which the others have theirs.
_PAGES = ("prenumerera", "ny-lank", "installningar")


class OrganisationSettings(BaseModel):
    """Who is behind the newsletter; stands in every footer."""

    model_config = ConfigDict(extra="forbid")

    name: str = "Exempelregionen"
    unit: str = ""
    postal_address: str = ""
    registration_number: str = ""
    #: Who answers for the content: a function, not a person.
    responsible: str = ""


class NewsletterSettings(BaseModel):
    """How the newsletter is called, looks, and is addressed."""

    model_config = ConfigDict(extra="forbid")

    #: Names it in commands and in the database; never changed after the first subscriber.
    slug: str = "nyhetsbrev"
    name: str = "Nyhetsbrev om VGR:s externa arbete"
    #: What it is about, in a sentence, for who wonders whether to subscribe; or nothing.
    about: str = ""
    #: How often it comes, for them; or nothing, where nobody knows.
    rhythm: Literal["", "weekly", "fortnightly", "monthly", "quarterly"] = "monthly"
    language: Literal["sv", "en"] = "sv"
    #: IANA zone of dates and clock times.
    zone: str = "Europe/Stockholm"
    theme: str = "saklig"
    from_name: str = "Externa relationer"
    from_address: str = "nyhetsbrev@example.org"
    #: Read by people; should differ from the from address, where autoreplies land.
    reply_to: str = "redaktionen@example.org"
    #: RFC 2919; constant for the life of the list. Empty: slug and domain of the from address.
    list_id: str = ""
    #: Mailbox for "unsubscribe by mail"; must accept +token. Empty: https only.
    unsubscribe_address: str = ""
    #: MAIL FROM, where bounces go. Empty: the from address.
    envelope_sender: str = ""

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"there is no time zone {zone!r}; write one like Europe/Stockholm")
        return zone

    @property
    def path(self) -> str:
        """Where its public pages begin, below base_url."""
        return "/nyhetsbrev"

    @property
    def desk_path(self) -> str:
        """Where its rooms at the desk begin, below base_url."""
        return "/redaktion"


class FurtherNewsletterSettings(NewsletterSettings):
    """A newsletter beside the first; what is not set is as in `[newsletter]`, but for two.

    list_id and about speak of one newsletter alone.
    """

    slug: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    name: str = Field(min_length=1)

    @field_validator("slug")
    @classmethod
    def _slug_is_free(cls, slug: str) -> str:
        if slug in _PAGES:
            raise ValueError(f"{slug} is the address of another page; choose another slug")
        return slug

    @property
    def path(self) -> str:
        """Where its public pages begin, below base_url."""
        return f"{super().path}/{self.slug}"

    @property
    def desk_path(self) -> str:
        """Where its rooms at the desk begin, below base_url."""
        return f"{super().desk_path}{self.path}"
