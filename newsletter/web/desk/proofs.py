"""Proofs: the letter as different readers will see it, each in a frame of its own."""

from __future__ import annotations

import re

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter import rendering
from newsletter.issues.proof import Proof
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.visitors import Visitor
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems
from subscribers.tokens import Claim, Purpose

#: What stands where a reader's address will.
SAMPLE_ADDRESS = "kim.exempel@example.org"
#: A letter is full of styles of its own and runs nothing; only the desk may frame it.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {images}; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox allow-popups "
    "allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
#: How plain text looks in a mail program that shows nothing else.
_PLAIN = (
    '<!doctype html><html lang="{language}" dir="ltr"><meta charset="utf-8">'
    "<title>{subject}</title><style>pre{{font:14px/1.5 monospace;white-space:pre-wrap;margin:16px}}"
    "</style><pre>{text}</pre></html>"
)
#: The story that is being written stands out; its name is in the address of the frame.
_TARGET = "<style>:target{outline:3px solid #005c95;outline-offset:8px}</style></head>"
_NO_PICTURE = (
    '<span style="display:block;padding:16px;background:#e5eff4;color:#151515">{alt}</span>'
)
_TITLE = re.compile(r"<h3\b([^>]*)>(.*?)</h3>", re.DOTALL)
_PICTURE = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r'\balt="([^"]*)"')


class Proofs:
    """Answers at `/redaktion/ISSUE/prov/VIEW`."""

    def __init__(self, room: IssueRoom, pages: Pages, problems: Problems) -> None:
        """Take what all rooms of an issue share."""
        self._room = room
        self._pages = pages
        self._problems = problems

    def show(self, request: Request, _visitor: Visitor) -> Response:
        """Show the letter; links in it lead to the page that says they are a test's."""
        view = request.path_params["view"]
        with self._room.app.database.reading() as session:
            pulled = self._room.pull(session, self._room.find(session, request))
        if view == "inkorg":
            return self._inbox(request, pulled)
        if view == "text":
            page = _PLAIN.format(
                language=escape(pulled.content.language),
                subject=escape(pulled.rendered.subject),
                text=escape(self._filled(pulled.rendered.text)),
            )
        elif view in ("dator", "mobil", "morkt", "utan-bilder"):
            page = self._filled(pulled.rendered.html)
            # The pictures of a proof come from where the desk is, whatever readers will be told.
            page = page.replace(f"{pulled.content.base_url}/bilder/", f"{request.base_url}bilder/")
            page = page.replace("</head>", _TARGET, 1)
            page = self._with_ways_back(page, pulled)
            if view == "utan-bilder":
                page = _PICTURE.sub(_described, page)
        else:
            return self._problems.page(request, 404)
        return HTMLResponse(page, headers=_headers("'none'" if view == "utan-bilder" else "'self'"))

    def _filled(self, text: str) -> str:
        token = self._room.app.keys.sign(Claim(Purpose.TEST, 0, 0, self._room.app.clock()))
        return rendering.fill_preview(text, address=SAMPLE_ADDRESS, token=token)

    def _with_ways_back(self, page: str, pulled: Proof) -> str:
        """Return the letter with a name on every story, and a link from its title to its form."""
        content = pulled.content
        told = [story.item_id for story in content.stories]
        told += [event.item_id for event in content.calendar]
        titles = list(_TITLE.finditer(page))
        if len(titles) != len(told):
            return page
        root = self._room.door.address(issue_path(content.name, "skriv"))
        for title, item_id in zip(reversed(titles), reversed(told), strict=True):
            marked = (
                f'<h3 id="nyhet-{item_id}"{title[1]}><a target="_top" '
                f'href="{root}?nyhet={item_id}" style="color:inherit">{title[2]}</a></h3>'
            )
            page = page[: title.start()] + marked + page[title.end() :]
        return page

    def _inbox(self, request: Request, pulled: Proof) -> Response:
        return self._pages.show(
            request,
            "desk/inbox.html",
            headers=_headers("'none'"),
            content=pulled.content,
            sender=self._room.app.press.sender,
        )


def _described(found: re.Match[str]) -> str:
    alt = _ALT.search(found[0])
    return _NO_PICTURE.format(alt=alt[1] if alt else "")


def _headers(images: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": _POLICY.format(images=images),
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
    }
