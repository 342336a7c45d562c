"""Every knob, its default and its meaning."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pydantic_settings
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    field_validator,
    model_validator,
)

from newsletter.content import Organisation, Sender
from newsletter.errors import UsageError
from newsletter.settings.desk import DeskSettings
from newsletter.settings.newsletters import (
    FurtherNewsletterSettings,
    NewsletterSettings,
    OrganisationSettings,
)
from newsletter.settings.sending import (
    DkimSettings,
    DomainLimitSettings,
    SendingHoursSettings,
    SmtpServerSettings,
    WarmUpSettings,
)

#: A secret shorter than this can be guessed.
SHORTEST_SECRET = 32


class RetentionSettings(BaseModel):
    """How long something is kept, and who decided that it is destroyed then."""

    model_config = ConfigDict(extra="forbid")

    rule: Literal["pending", "hard_bounced", "delivery_addresses", "service_mails"]
    #: Older than so many days goes.
    days: int = Field(ge=1)
    #: Reference of the decision ("gallringsbeslut"). Empty: nothing goes.
    decision: str = ""


class Settings(pydantic_settings.BaseSettings):
    """Everything that can be set."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="NEWSLETTER_", env_nested_delimiter="__", extra="forbid"
    )

    #: Language of commands and pages: "sv" or "en".
    language: Literal["sv", "en"] = "sv"
    #: "sqlite:///file.db" or "postgresql://user@host/name".
    database_url: str = "sqlite:///newsletter.db"
    #: "smtp://user:password@host:587" (STARTTLS required), "smtps://…:465",
    #: "smtp+plain://host:25" for a relay on this machine.
    smtp_url: SecretStr = SecretStr("")
    #: Several mail servers that share the work, instead of smtp_url.
    smtp_servers: list[SmtpServerSettings] = Field(default_factory=list)
    #: The name this machine gives itself in EHLO; should have a PTR record.
    smtp_hostname: str = "localhost"
    #: Public address of the pages, no slash at the end.
    base_url: str = "http://127.0.0.1:8025"
    #: Signs the links in mails: at least 32 characters, secret.
    secret: SecretStr = SecretStr("")
    #: Former secrets; links signed with them go on working.
    old_secrets: list[SecretStr] = Field(default_factory=list)
    #: Keys the suppression list. Never changed: with another key nobody is suppressed.
    suppression_secret: SecretStr = SecretStr("")
    #: The organisation's own templates, laid over the ones that come with the program.
    templates_dir: Path | None = None
    #: Where `newsletter serve` listens.
    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8025, ge=1, le=65535)
    #: Where withdrawals are kept that the database could not take.
    spool_dir: Path = Path("spool")
    #: The web servers that stand before the pages and tell who asks in X-Forwarded-For.
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default_factory=lambda: [ip_network("127.0.0.0/8"), ip_network("::1")]
    )
    #: Most times in an hour that one network can ask to subscribe.
    signups_per_hour: int = Field(default=60, ge=1)
    #: Sites whose pages may let people subscribe through the API, as "https://www.example.org".
    api_origins: list[Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")]] = Field(
        default_factory=list
    )
    #: Most messages a second, all workers together; 0: as fast as the server takes them.
    messages_per_second: float = Field(default=0, ge=0)
    #: Most messages in an hour, wherever it begins, all workers together; 0: no such limit.
    messages_per_hour: int = Field(default=0, ge=0)
    #: How much may go to a group of recipients' domains, by its name in rules/domain_groups.toml.
    domain_limits: dict[str, DomainLimitSettings] = Field(default_factory=dict)
    #: When issues go out.
    sending_hours: SendingHoursSettings = Field(default_factory=SendingHoursSettings)
    #: How a new server or domain earns its reputation.
    warm_up: WarmUpSettings = Field(default_factory=WarmUpSettings)
    #: People imported with `--send-optin` who are asked to confirm in an hour.
    optin_mails_per_hour: int = Field(default=500, ge=1)
    #: Connections to the mail server of smtp_url at the same time.
    smtp_connections: int = Field(default=4, ge=1, le=100)
    #: Minutes after its time that a scheduled issue still goes out by itself.
    schedule_grace: int = Field(default=60, ge=0)
    #: Seconds to wait for the answer to the final dot (RFC 5321, 4.5.3.2.6: ten minutes).
    final_dot_timeout: float = Field(default=600, gt=0)
    organisation: OrganisationSettings = Field(default_factory=OrganisationSettings)
    newsletter: NewsletterSettings = Field(default_factory=NewsletterSettings)
    #: Newsletters beside that one.
    newsletters: list[FurtherNewsletterSettings] = Field(default_factory=list)
    dkim: DkimSettings = Field(default_factory=DkimSettings)
    #: What is destroyed after how long; without a rule everything is kept.
    retention: list[RetentionSettings] = Field(default_factory=list)
    desk: DeskSettings = Field(default_factory=DeskSettings)

    @field_validator("base_url")
    @classmethod
    def _base_url_is_one(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write it like https://nyhetsbrev.example.org")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _servers_are_told_apart(self) -> Settings:
        names = [server.name for server in self.smtp_servers]
        if len(set(names)) < len(names):
            raise ValueError("two mail servers in smtp_servers have the same name")
        if names and self.smtp_url.get_secret_value():
            raise ValueError("write smtp_url for one mail server or smtp_servers for several")
        return self

    @model_validator(mode="after")
    def _newsletters_are_told_apart(self) -> Settings:
        inherited = self.newsletter.model_dump(exclude={"list_id", "about"})
        self.newsletters = [
            FurtherNewsletterSettings(**inherited | further.model_dump(exclude_unset=True))
            for further in self.newsletters
        ]
        slugs = [newsletter.slug for newsletter in self.every_newsletter]
        if len(set(slugs)) < len(slugs):
            raise ValueError("two newsletters have the same slug")
        list_ids = [self.of(one.slug).sender.list_id for one in self.every_newsletter]
        if len(set(list_ids)) < len(list_ids):
            raise ValueError("two newsletters have the same list_id")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],  # noqa: ARG003
        init_settings: pydantic_settings.PydanticBaseSettingsSource,
        env_settings: pydantic_settings.PydanticBaseSettingsSource,
        dotenv_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose content comes in as arguments."""
        return env_settings, init_settings

    @property
    def every_newsletter(self) -> list[NewsletterSettings]:
        """All newsletters, the one these settings are of first."""
        return [self.newsletter, *self.newsletters]

    def of(self, slug: str) -> Settings:
        """Return the settings as those of one newsletter; the others stand beside it.

        Raises UsageError: there is no such newsletter.
        """
        every = self.every_newsletter
        for chosen in every:
            if chosen.slug == slug:
                others = [other for other in every if other is not chosen]
                return self.model_copy(update={"newsletter": chosen, "newsletters": others})
        raise UsageError(
            "There is no newsletter {slug}. Nothing was done. The newsletters are: {slugs}.",
            slug=slug,
            slugs=", ".join(newsletter.slug for newsletter in every),
        )

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the newsletter."""
        return ZoneInfo(self.newsletter.zone)

    @property
    def sender(self) -> Sender:
        """From whom issues come, defaults filled in."""
        ours = self.newsletter
        domain = ours.from_address.rpartition("@")[2]
        return Sender(
            from_name=ours.from_name,
            from_address=ours.from_address,
            reply_to=ours.reply_to,
            list_id=ours.list_id or f"{ours.slug}.{domain}",
            list_name=ours.name,
            unsubscribe_address=ours.unsubscribe_address,
            envelope_sender=ours.envelope_sender or ours.from_address,
        )

    @property
    def organisation_content(self) -> Organisation:
        """The organisation as issues carry it."""
        return Organisation(**self.organisation.model_dump())
