"""The composition root: everything that is made once, in one value; there is no other global."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter import settings as settings_module
from newsletter.database import Database
from newsletter.errors import SettingsError, UnsafeError
from newsletter.language import Language
from newsletter.models import Newsletter, Subscriber
from newsletter.settings import SHORTEST_SECRET, Settings
from newsletter.templates_folder import TemplatesFolder
from subscribers.consent_texts import Wording
from subscribers.tokens import Keys

if TYPE_CHECKING:
    from newsletter.delivery.limits import Rule
    from newsletter.delivery.sending import Limits
    from newsletter.delivery.servers import Server
    from newsletter.fetching import Fetcher
    from newsletter.issues.proof import Press
    from newsletter.messages import Signer


def now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


def fetcher_of(settings: Settings) -> Fetcher:
    """Return who fetches pages from the web; it says who asks, and whom to write to."""
    from newsletter.fetching import Fetcher

    contact = settings.newsletter.reply_to
    return Fetcher(user_agent=f"newsletter/1 (+{settings.base_url}; {contact})")


@dataclass(frozen=True)
class App:
    """What every stage is handed its parts from."""

    settings: Settings
    database: Database
    keys: Keys
    templates: TemplatesFolder
    clock: Callable[[], datetime] = now
    make_fetcher: Callable[[Settings], Fetcher] = fetcher_of

    @cached_property
    def language(self) -> Language:
        """The language of commands and, by default, of pages."""
        return self.templates.language(self.settings.language)

    @cached_property
    def newsletter_id(self) -> int:
        """The row of the newsletter in the settings; made on first use."""
        slug = self.settings.newsletter.slug
        with self.database.reading() as session:
            found = session.scalar(sa.select(Newsletter.id).where(Newsletter.slug == slug))
        if found is not None:
            return found
        with self.database.writing() as session:
            newsletter = Newsletter(slug=slug)
            session.add(newsletter)
            session.flush()
            return newsletter.id

    @cached_property
    def newsletters(self) -> Mapping[int, App]:
        """The program for each newsletter in the settings, by the newsletter's row."""
        every = [self.of(newsletter.slug) for newsletter in self.settings.every_newsletter]
        return {app.newsletter_id: app for app in every}

    def of(self, slug: str) -> App:
        """Return the program for one newsletter; raises as `Settings.of`."""
        if slug == self.settings.newsletter.slug:
            return self
        return replace(self, settings=self.settings.of(slug))

    def of_row(self, newsletter_id: int) -> App:
        """Return the program for the newsletter of a link or a mail.

        One that does not stand in the settings any more is spoken for by the first.
        """
        if not self.settings.newsletters:
            return self
        return self.newsletters.get(newsletter_id, self)

    @cached_property
    def press(self) -> Press:
        """What issues are made with: masthead, sender, theme, rules."""
        # Templates take a third of a second to import, and most commands need none.
        from newsletter.issues.proof import Press
        from newsletter.items.pictures import keep_logo

        press = Press.of(self.settings, self.templates)
        if press.theme.logo is not None:
            keep_logo(self.database, press.theme.logo, now=self.clock())
        return press

    def consent_wording(self, language: str) -> Wording:
        """Return what a form asks people to agree to: `templates/web/consent.{sv,en}.txt`.

        Raises RenderingError: the template has a mistake.
        """
        from newsletter.rendering import filling

        values = {
            "newsletter": self.settings.newsletter.name,
            "organisation": self.settings.organisation.name,
        }
        text = filling.fill(self.templates, f"web/consent.{language}.txt", values)
        notice = self.templates.find(f"web/privacy.{language}.html")
        return Wording(language, text.strip(), notice.read_text(encoding="utf-8"))

    @cached_property
    def fetcher(self) -> Fetcher:
        """Who fetches pages from the web: one, so that no host is asked twice at a time."""
        return self.make_fetcher(self.settings)

    def signer(self, from_address: str) -> Signer | None:
        """Return who signs mail from an address; raises as `dkim_keys.signer`."""
        from newsletter.delivery import dkim_keys

        return dkim_keys.signer(self.settings.dkim, from_address=from_address)

    def mail_servers(self) -> list[Server]:
        """Return the mail servers, connected to none of them; raises as `servers.of_settings`."""
        from newsletter.delivery import servers

        return servers.of_settings(self.settings)

    @property
    def sending_limits(self) -> Limits:
        """How fast it may go."""
        from newsletter.delivery import domain_groups, limits
        from newsletter.delivery.sending import Limits

        return Limits(
            shared=limits.of_scope(
                "all",
                per_second=self.settings.messages_per_second,
                per_hour=self.settings.messages_per_hour,
            ),
            of_issues=self._rules_of_issues,
            of_domains=domain_groups.read(
                self.templates.find(domain_groups.RULES_FILE), self.settings.domain_limits
            ),
        )

    @property
    def _rules_of_issues(self) -> list[Rule]:
        from newsletter.delivery.hours import SendingHours
        from newsletter.delivery.warmup import WarmUp

        zone, hours, warm_up = (
            self.settings.zone,
            self.settings.sending_hours,
            self.settings.warm_up,
        )
        rules: list[Rule] = []
        if hours.opens is not None and hours.closes is not None:
            rules.append(SendingHours(hours.weekdays, hours.opens, hours.closes, zone))
        if warm_up.first_day:
            rules.append(WarmUp(warm_up.first_day, warm_up.factor, warm_up.full_speed, zone))
        return rules

    @property
    def today(self) -> date:
        """The date on the newsletter's calendar."""
        return self.clock().astimezone(self.settings.zone).date()

    @property
    def actor(self) -> str:
        """Who is at the command line, for the audit log."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "unknown"


def open_app(config: Path | None = None) -> App:
    """Read the settings, open the database and bring it up to date.

    Raises SettingsError, StorageError, BusyError.
    """
    return app_with(settings_module.load(config))


def open_without_database(config: Path | None = None) -> App:
    """Read the settings and leave the database alone, whatever is being done to it.

    Raises SettingsError.
    """
    settings = settings_module.load(config)
    database = Database(settings.database_url)
    return App(settings, database, keys_of(settings), TemplatesFolder(settings.templates_dir))


def app_with(settings: Settings, clock: Callable[[], datetime] = now) -> App:
    """Return the program put together with these settings."""
    keys = keys_of(settings)
    database = Database(settings.database_url)
    try:
        database.upgrade()
        _see_that_the_key_fits(database, keys)
    except BaseException:
        database.close()
        raise
    return App(settings, database, keys, TemplatesFolder(settings.templates_dir), clock)


def _see_that_the_key_fits(database: Database, keys: Keys) -> None:
    # With another key nobody is suppressed any more, and nothing would tell.
    with database.reading() as session:
        somebody = session.execute(
            sa.select(Subscriber.address_key, Subscriber.address_hash)
            .order_by(Subscriber.id.desc())
            .limit(1)
        ).one_or_none()
    if somebody is not None and keys.address_hash(somebody.address_key) != somebody.address_hash:
        raise UnsafeError(
            "The setting suppression_secret is not the one this database was made with, so nobody "
            "on the suppression list would be recognised. Nothing was done. Put back the settings "
            "that belong to this database; they are in the same backup."
        )


def keys_of(settings: Settings) -> Keys:
    """Return the keys the settings hold.

    Raises SettingsError: a secret is missing or too short.
    """
    for name in ("secret", "suppression_secret"):
        if len(getattr(settings, name).get_secret_value()) < SHORTEST_SECRET:
            raise SettingsError(
                "The setting {name} is missing or shorter than {n} characters. Nothing was done. "
                "Make a settings file with fresh secrets: newsletter init",
                name=name,
                n=SHORTEST_SECRET,
            )
    return Keys(
        current=settings.secret.get_secret_value(),
        former=tuple(secret.get_secret_value() for secret in settings.old_secrets),
        suppression=settings.suppression_secret.get_secret_value(),
    )
