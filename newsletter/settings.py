"""Settings: every knob, its default and its meaning.

Read from `newsletter.toml`, overridden by environment variables named `NEWSLETTER_…`
(`NEWSLETTER_SMTP_URL`, and for tables two underscores: `NEWSLETTER_NEWSLETTER__NAME`).
A misspelt name is an error, never ignored.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pydantic
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
from newsletter.errors import SettingsError, UsageError
from subscribers.wording import Sentence

#: Where settings are looked for when no --config is given.
DEFAULT_FILE = Path("newsletter.toml")
# Labels of a domain name (RFC 6376, 3.1).
_SELECTOR = (
    r"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)?$"
)
#: Pages of the first newsletter, beside which the others have theirs.
_PAGES = ("prenumerera", "ny-lank", "installningar")
#: A secret shorter than this can be guessed.
SHORTEST_SECRET = 32


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


class FurtherNewsletterSettings(NewsletterSettings):
    """A newsletter beside the first; what is not set is as in `[newsletter]`, but for list_id."""

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


class DeskSettings(BaseModel):
    """How editors come to the desk, and what it asks of them."""

    model_config = ConfigDict(extra="forbid")

    #: Besides the password, a code from an app.
    second_factor: bool = True
    #: Whoever approves an issue is an approver, and has not changed it last.
    four_eyes: bool = False


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
        inherited = self.newsletter.model_dump(exclude={"list_id"})
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


def load(file: Path | None = None) -> Settings:
    """Return the settings of a file (`newsletter.toml` here, if None) and the environment.

    A file that is named must exist; the default one may be missing where the environment holds
    the secrets. Relative paths in the file
    are read from the file's folder.

    Raises SettingsError: the file is missing or no TOML, or a setting is misspelt or wrong.
    """
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        if not os.environ.get("NEWSLETTER_SECRET"):
            raise SettingsError(
                "There is no {file} in {folder}. Nothing was done. Go to the folder of your "
                "newsletter, or name the file with --config. Only for a new newsletter: "
                "newsletter init",
                file=str(DEFAULT_FILE),
                folder=str(Path.cwd()),
            )
        return _of_values({}, path)
    return of_text(read(path), path)


def read(path: Path) -> str:
    """Return the text of a settings file; raises SettingsError: it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            "The settings file {path} cannot be read ({cause}). Nothing was done. "
            "Make one with: newsletter init",
            path=str(path),
            cause=error.strerror,
        ) from error
    except UnicodeDecodeError as error:
        raise _no_toml(path, error) from error


def of_text(text: str, path: Path) -> Settings:
    """Return the settings of a text that stands, or is to stand, at `path`; raises as `load`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, error) from error
    return _of_values(values, path)


def _of_values(values: dict[str, Any], path: Path) -> Settings:
    _refuse_unknown_variables()
    try:
        settings = Settings(**values)
    except pydantic.ValidationError as error:
        raise _explained(error, path) from None
    return _relative_to(settings, path.parent)


def _no_toml(path: Path, cause: Exception) -> SettingsError:
    return SettingsError(
        "The settings file {path} is not valid TOML: {cause}. Nothing was done. "
        "Mend that line and try again.",
        path=str(path),
        cause=str(cause),
    )


def _refuse_unknown_variables() -> None:
    # A misspelt NEWSLETTER_… variable would otherwise be ignored without a word.
    for variable in os.environ:
        if not variable.startswith("NEWSLETTER_"):
            continue
        name = variable.removeprefix("NEWSLETTER_").split("__")[0].lower()
        if name not in Settings.model_fields:
            raise _unknown(variable, name, Settings.model_fields, Sentence("the environment"))


def _explained(error: pydantic.ValidationError, path: Path) -> SettingsError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {
            "organisation": OrganisationSettings,
            "newsletter": NewsletterSettings,
            "newsletters": FurtherNewsletterSettings,
            "dkim": DkimSettings,
            "retention": RetentionSettings,
            "desk": DeskSettings,
            "smtp_servers": SmtpServerSettings,
            "domain_limits": DomainLimitSettings,
            "sending_hours": SendingHoursSettings,
            "warm_up": WarmUpSettings,
        }
        table = tables.get(str(first["loc"][0]), Settings)
        return _unknown(name, str(first["loc"][-1]), table.model_fields, str(path))
    return SettingsError(
        "The setting {name} has no meaning as it stands ({cause}). Nothing was done. "
        "Mend it in {path} or in the environment.",
        name=name,
        cause=first["msg"],
        path=str(path),
    )


def _unknown(shown: str, name: str, known: dict[str, Any], where: str | Sentence) -> SettingsError:
    nearest = difflib.get_close_matches(name, known, n=1)
    if nearest:
        return SettingsError(
            "There is no setting {name} (found in {where}). Nothing was done. "
            "Did you mean {nearest}?",
            name=shown,
            where=where,
            nearest=nearest[0],
        )
    return SettingsError(
        "There is no setting {name} (found in {where}). Nothing was done. "
        "The settings are: {known}.",
        name=shown,
        where=where,
        known=", ".join(known),
    )


def _relative_to(settings: Settings, folder: Path) -> Settings:
    changes: dict[str, Any] = {}
    prefix = "sqlite:///"
    if settings.database_url.startswith(prefix):
        changes["database_url"] = prefix + str(folder / settings.database_url.removeprefix(prefix))
    changes["spool_dir"] = folder / settings.spool_dir
    if settings.templates_dir is not None:
        changes["templates_dir"] = folder / settings.templates_dir
    keys = {
        name: folder / file
        for name in ("key_file", "ed25519_key_file")
        if (file := getattr(settings.dkim, name)) is not None
    }
    changes["dkim"] = settings.dkim.model_copy(update=keys)
    return settings.model_copy(update=changes)
