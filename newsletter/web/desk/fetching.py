"""Fetch news: from an address, a file or pasted text; first shown, then saved."""

from __future__ import annotations

import base64
import binascii
import contextlib
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from newsletter import items
from newsletter.app import App
from newsletter.errors import SourceError
from newsletter.items.sources import LARGEST_SOURCE, Page
from newsletter.items.store import Imported, Outcome
from newsletter.web.desk.addresses import DESK, issue_path
from newsletter.web.desk.door import Door
from newsletter.web.desk.forms import asked, text
from newsletter.web.desk.visitors import Visitor
from subscribers.wording import Sentence


@dataclass(frozen=True, slots=True)
class _Source:
    """What was read, kept in the page between showing and saving."""

    raw: bytes
    #: Where it was found; empty for a file or pasted text.
    address: str

    @property
    def kept(self) -> str:
        """As the form carries it."""
        return base64.b64encode(self.raw).decode()


class Fetching:
    """Answers at `/redaktion/hamta`."""

    def __init__(self, app: App, door: Door) -> None:
        """Take clock, database and what fetches from the program."""
        self._app = app
        self._door = door

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Ask where the news is."""
        return self._show(request, visitor)

    def fetch(self, request: Request, visitor: Visitor, form: FormData) -> Response:
        """Show what is there; with the second button, save it."""
        app = self._app
        try:
            source, page = self._best(form)
        except SourceError as error:
            return self._show(
                request,
                visitor,
                status=422,
                refused=error.sentence,
                typed=(text(form, "adress"), text(form, "klistrat")),
            )
        if asked(form, "spara"):
            with app.database.writing() as session:
                items.store.save(session, page.drafts, now=app.clock())
            issue = request.query_params.get("nummer", "")
            return self._door.go(issue_path(issue, "valj") if issue else DESK)
        with app.database.reading() as session:
            outcomes = items.store.preview(session, page.drafts)
            return self._show(request, visitor, found=(source, page, outcomes))

    def _best(self, form: FormData) -> tuple[_Source, Page]:
        """Return what is to be read. Pasted pages come twice: as text, and marked up with links.

        The marked-up one is taken unless fewer stories are recognised in it.
        Raises SourceError: nothing can be read.
        """
        source = self._source(form)
        marked_up = text(form, "klistrat_html")
        if marked_up and source.raw == text(form, "klistrat").encode():
            pasted = _Source(marked_up.encode(), "")
            with contextlib.suppress(SourceError):
                page = self._read(pasted)
                with contextlib.suppress(SourceError):
                    as_text = self._read(source)
                    if len(as_text.drafts) > len(page.drafts):
                        return source, as_text
                return pasted, page
        return source, self._read(source)

    def _read(self, source: _Source) -> Page:
        app = self._app
        return items.sources.read(
            source.raw, today=app.today, zone=app.settings.zone, address=source.address
        )

    def _source(self, form: FormData) -> _Source:
        if kept := text(form, "last"):
            try:
                return _Source(base64.b64decode(kept, validate=True), text(form, "last_adress"))
            except (binascii.Error, ValueError):
                pass
        if address := text(form, "adress").strip():
            fetched = self._app.fetcher.fetch(address)
            return _Source(fetched.content, fetched.url)
        file = form.get("fil")
        if isinstance(file, UploadFile) and file.size:
            return _Source(file.file.read(LARGEST_SOURCE + 1), "")
        return _Source(text(form, "klistrat").encode(), "")

    def _show(
        self,
        request: Request,
        visitor: Visitor,
        *,
        status: int = 200,
        refused: Sentence | None = None,
        typed: tuple[str, str] = ("", ""),
        found: tuple[_Source, Page, list[Imported]] | None = None,
    ) -> Response:
        source, page, outcomes = found or (None, None, [])
        counts = {outcome: sum(one.outcome is outcome for one in outcomes) for outcome in Outcome}
        return self._door.show(
            request,
            visitor,
            "desk/fetch.html",
            status=status,
            here="hamta",
            refused=refused,
            typed=typed,
            source=source,
            page=page,
            outcomes=outcomes,
            new=counts[Outcome.NEW],
            changed=counts[Outcome.CHANGED],
            unchanged=counts[Outcome.UNCHANGED],
            announcements=counts[Outcome.ANNOUNCEMENT],
        )
