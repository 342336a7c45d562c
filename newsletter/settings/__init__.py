"""Settings: every knob, its default and its meaning.

Read from `newsletter.toml`, overridden by environment variables named `NEWSLETTER_…`
(`NEWSLETTER_SMTP_URL`, and for tables two underscores: `NEWSLETTER_NEWSLETTER__NAME`).
A misspelt name is an error, never ignored.
"""

from newsletter.settings.desk import DeskSettings, OidcSettings
from newsletter.settings.newsletters import (
    FurtherNewsletterSettings,
    NewsletterSettings,
    OrganisationSettings,
)
from newsletter.settings.reading import DEFAULT_FILE, load, of_text, read
from newsletter.settings.sending import (
    DkimSettings,
    DomainLimitSettings,
    SendingHoursSettings,
    SmtpServerSettings,
    WarmUpSettings,
)
from newsletter.settings.whole import (
    SHORTEST_SECRET,
    RetentionSettings,
    Settings,
)

__all__ = [
    "DEFAULT_FILE",
    "SHORTEST_SECRET",
    "DeskSettings",
    "DkimSettings",
    "DomainLimitSettings",
    "FurtherNewsletterSettings",
    "NewsletterSettings",
    "OidcSettings",
    "OrganisationSettings",
    "RetentionSettings",
    "SendingHoursSettings",
    "Settings",
    "SmtpServerSettings",
    "WarmUpSettings",
    "load",
    "of_text",
    "read",
]
