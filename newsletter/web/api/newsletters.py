"""Which newsletter a program asks about: the first, unless it names another by its slug."""

from __future__ import annotations

from starlette.requests import Request

from newsletter.app import App
from newsletter.web.api.shapes import NewsletterShape

#: The parameter of an address that names one.
PARAMETER = "newsletter"


class Newsletters:
    """The program for each newsletter in the settings."""

    def __init__(self, app: App) -> None:
        """Take them from the program."""
        self._first = app.settings.newsletter.slug
        self.by_slug = {
            newsletter.slug: app.of(newsletter.slug) for newsletter in app.settings.every_newsletter
        }

    def named(self, slug: str | None) -> App | None:
        """Return the program for the newsletter of that slug, the first for none; None: unknown."""
        return self.by_slug.get(self._first if slug is None else slug)

    def asked_for(self, request: Request) -> App | None:
        """Return the program for the newsletter that an address names; None: unknown."""
        return self.named(request.query_params.get(PARAMETER))


def shape(app: App) -> NewsletterShape:
    """Return a newsletter as programs are told of it."""
    ours, base_url = app.settings.newsletter, app.settings.base_url
    archive_url = f"{base_url}{ours.path}"
    return NewsletterShape(
        slug=ours.slug,
        name=ours.name,
        language=ours.language,
        organisation=app.settings.organisation.name,
        archive_url=archive_url,
        feed_url=f"{archive_url}/feed.xml",
        subscribe_url=f"{archive_url}/prenumerera",
    )
