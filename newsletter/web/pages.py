"""Make pages out of `templates/web`: the door to Jinja for everything on the web."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.app import App
from newsletter.foreign_passages import marked_up, unmarked
from newsletter.language import NO_BREAK, Language
from newsletter.settings import Settings
from newsletter.templates_folder import TemplatesFolder

#: The languages every page has.
LANGUAGES = ("sv", "en")
#: What text around a link can stick to its end.
STUCK = ".,;:!?)>]}'\"”»"
#: What the desk's pages bring along: the stylesheet of every page, and what the desk has besides.
ASSETS = {
    "style.css": "text/css",
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "show-password.js": "text/javascript",
    "sign-in-again.js": "text/javascript",
}


@lru_cache(maxsize=8)
def _environment(templates: TemplatesFolder) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader([folder / "web" for folder in templates.folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"marked_up": marked_up, "unmarked": unmarked}
    return environment


class Pages:
    """Shows templates in the reader's language, with what every page has in common."""

    def __init__(self, app: App, *, in_maintenance: bool = False) -> None:
        """Read templates from the organisation's folder first, then from ours.

        In maintenance the database is let be, and every page bears the first newsletter's name.
        """
        self._settings = app.settings
        self._keys = app.keys
        several = app.settings.newsletters and not in_maintenance
        #: Read once: the pages must come when the database does not.
        self._newsletters = {
            row: one.settings for row, one in (app.newsletters if several else {}).items()
        }
        self._templates = app.templates
        #: Where the site begins, "" or "/something": a proxy may put it below a path.
        self.root = urlsplit(app.settings.base_url).path
        #: Stands in the public pages themselves: a page is one request, pictures apart.
        self.style = "".join(
            _without_comments(app.templates.find(f"web/{name}.css").read_text("utf-8"))
            for name in ("style", "public")
        )
        self._environment = _environment(app.templates)

    def show(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        language: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        settings: Settings | None = None,
        **values: Any,
    ) -> Response:
        """Return a page in the language the reader chose with `?lang=`, else in `language`.

        `{lang}` in the name of the template stands for the language; `query` is what the page was
        asked for besides, so that the page in the other language is the same page; `settings` are
        those of the newsletter it speaks for, if its link does not say. Nobody keeps
        the page, nor lists it, unless `for_everybody` says so.
        """
        chosen = self.chosen_language(request)
        code = self.language_of(request, language)
        body = self._environment.get_template(template.format(lang=code)).render(
            self._common(self._templates.language(code), settings or self._settings_of(request))
            | values,
            # The next page should speak the same language.
            keep=f"?lang={code}" if chosen or code != self._settings.language else "",
            asking=_asking(query or {}, code if chosen else ""),
        )
        ours = {
            "Cache-Control": "no-store",
            "Content-Language": code,
            "X-Robots-Tag": "noindex, nofollow",
        }
        return HTMLResponse(body, status_code=status, headers=ours | dict(headers or {}))

    def _settings_of(self, request: Request) -> Settings:
        """Return the settings of the newsletter that a page speaks for: that of its link."""
        claim = self._keys.open(request.path_params.get("token", "").rstrip(STUCK))
        if claim is None:
            return self._settings
        return self._newsletters.get(claim.newsletter_id, self._settings)

    def path_of(self, request: Request) -> str:
        """Return the path a request asks for, below the root of the site.

        Starlette's own `url` cannot be made of a query that is no text.
        """
        path: str = request.scope["path"]
        return path.removeprefix(self.root)

    def chosen_language(self, request: Request) -> str | None:
        """Return the language the reader asked for in the address, if it is one we have."""
        asked = request.query_params.get("lang")
        return asked if asked in LANGUAGES else None

    def language_of(self, request: Request, known: str | None = None) -> str:
        """Return the language a page is shown in: asked for, else the reader's `known` one."""
        return self.chosen_language(request) or (
            known if known in LANGUAGES else self._settings.language
        )

    def asset(self, name: str) -> tuple[str, bytes]:
        """Return one of `ASSETS`: a short hash for its address, and its bytes."""
        content = self._templates.find(f"web/{name}").read_bytes()
        return hashlib.sha256(content).hexdigest()[:16], content

    def _asset_url(self, name: str) -> str:
        return f"{self.root}/{name}?v={self.asset(name)[0]}"

    def _common(self, language: Language, settings: Settings) -> dict[str, Any]:
        def say(message: str, *, plural: str | None = None, **fields: Any) -> Markup:
            if plural is None:
                template = language.gettext(message)
            else:
                template = language.ngettext(message, plural, fields["n"])
            return Markup(escape(template)).format(**fields)  # noqa: S704

        return {
            "say": say,
            "tell": language.say,
            "date": lambda day: language.date(day).replace(" ", NO_BREAK),
            "day": lambda day: language.day_and_month(day).replace(" ", NO_BREAK),
            "month_and_year": language.month,
            "weekday": language.weekday,
            "number": language.number,
            "clock": lambda moment: language.clock(moment, settings.zone),
            "language": language.code,
            "default_language": settings.language,
            "languages": {"sv": "På svenska", "en": "In English"},
            "newsletter": settings.newsletter.name,
            "about": settings.newsletter.about,
            "rhythm": settings.newsletter.rhythm,
            "organisation": settings.organisation_content,
            "month": language.month_name,
            "local_day": lambda at: at.astimezone(settings.zone).date(),
            "moment": lambda at: language.moment(at, settings.zone),
            "from_address": settings.newsletter.from_address,
            "newsletter_language": settings.newsletter.language,
            "reply_to": settings.newsletter.reply_to,
            "base_url": settings.base_url,
            "root": self.root,
            "home": settings.newsletter.path,
            "asset": self._asset_url,
            "style": Markup(self.style),  # noqa: S704 - a template of ours
        }


def _without_comments(style: str) -> str:
    r"""Return a stylesheet as browsers need it, without what is said to people.

    >>> _without_comments("/* Why. */\na {\n  color: red;\n}\n")
    'a {\ncolor: red;\n}\n'
    """
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"\n\s+", "\n", bare).lstrip()


def for_everybody(
    request: Request,
    response: Response,
    *,
    seconds: int,
    changed_at: datetime | None = None,
    listed: bool = True,
) -> Response:
    """Let an answer without personal data be kept for some seconds; 304 if the reader has it.

    `changed_at` is when its content came to be; search engines may list it unless told otherwise.
    """
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    if changed_at is not None:
        response.headers["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
    if listed and "X-Robots-Tag" in response.headers:
        del response.headers["X-Robots-Tag"]
    if not _is_held(request, tag, changed_at):
        return response
    kept = ("etag", "cache-control", "content-language", "last-modified")
    return Response(
        status_code=304,
        headers={name: response.headers[name] for name in kept if name in response.headers},
    )


def _is_held(request: Request, tag: str, changed_at: datetime | None) -> bool:
    """Tell whether the reader has this very answer (RFC 9110, 13.1.2 and 13.1.3)."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        # A proxy that compresses may have made the tag a weak one.
        return tag in (candidate.strip().removeprefix("W/") for candidate in asked.split(","))
    since = request.headers.get("if-modified-since")
    if since is None or changed_at is None:
        return False
    try:
        return changed_at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


def _asking(query: Mapping[str, object], language: str) -> Callable[..., str]:
    """Return what writes the query of an address: the page's own, with some of it changed."""

    def asking(**changes: object) -> str:
        wanted = {"lang": language} | dict(query) | changes
        return "?" + urlencode({name: value for name, value in wanted.items() if value})

    return asking
