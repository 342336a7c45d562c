"""How soon an editor sees what was typed, and what the rooms of the desk weigh.

Run as `python -m benchmarks.desk`. The issue is the sample of `make demo`, nine stories; a story's
title is changed again and again, as the page does a third of a second after the last key.
"""

from __future__ import annotations

import gzip
import http.client
import re
import statistics
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

from benchmarks import databases, pages, readers
from benchmarks.measuring import SHORT, say_where, table
from newsletter import items
from newsletter.app import App
from newsletter.database import Database
from newsletter.issues import composing
from newsletter.models import Role
from newsletter.settings import Settings
from newsletter.templates_folder import TemplatesFolder
from newsletter.users import accounts, signing_in
from newsletter.web.pages import ASSETS

CHANGES = 30 if SHORT else 100
ISSUE = "/redaktion/2026-01"
ROOMS = (
    "/redaktion", "/redaktion/hamta", "/redaktion/statistik", f"{ISSUE}/valj", f"{ISSUE}/skriv",
    f"{ISSUE}/kontrollera", f"{ISSUE}/skicka",
)  # fmt: skip
#: Nothing is sent; what the settings need is a port.
_NO_MAIL_SERVER = 9


class Desk:
    """A browser that is signed in, without a window."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"Cookie": f"desk={token}"}

    def see(self, path: str) -> str:
        """Return a page."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{path} was answered with {answer.status}")
        return page

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Post a form, and return the page it leads to."""
        headers = self._headers | {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", path, urlencode(fields), headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.SEE_OTHER:
            raise SystemExit(f"a form was answered with {answer.status}")
        return self.see(answer.headers["location"])


def main() -> None:
    """Print how long a change takes to be kept and to be seen, and the weight of each room."""
    say_where()
    with databases.fresh("SQLite") as url:
        database = Database(url)
        database.upgrade()
        token = _prepare(database)
        database.close()
        with pages.serving(url, _NO_MAIL_SERVER) as port:
            desk = Desk(port, token)
            kept, seen = _change(desk)
            weights = [(room, *_weight(desk.see(room).encode())) for room in ROOMS]
    folder = TemplatesFolder()
    weights += [
        (name, *_weight(folder.find(f"web/{name}").read_bytes())) for name in sorted(ASSETS)
    ]
    table(
        ("a title is changed at the desk, SQLite", "median, ms", "95 of 100, ms"),
        (
            ("kept, and its hints are there", *_shown(kept)),
            ("and the letter is shown anew", *_shown(seen)),
        ),
    )
    table(("what a browser is sent", "bytes", "compressed"), weights)


def _prepare(database: Database) -> str:
    """Make an issue of the sample, and sign somebody in; return the token."""
    app = App(Settings(), database, readers.KEYS, TemplatesFolder())
    now = datetime.now(UTC)
    sample = app.templates.find("sample/nyhetssida.txt").read_bytes()
    page = items.sources.read(sample, today=now.date(), zone=app.settings.zone, address="")
    rules, newsletter_id = app.press.section_rules, app.newsletter_id
    with database.writing() as session:
        items.store.save(session, page.drafts, now=now)
        composing.create(session, newsletter_id, issued_on=app.today, rules=rules, now=now)
        user, _ = accounts.invite(
            session, "kim@example.org", name="Kim Exempel", role=Role.EDITOR, at=now, actor="bench"
        )
        return signing_in.begin(session, user, at=now).token


def _change(desk: Desk) -> tuple[list[float], list[float]]:
    kept, seen = [], []
    page = desk.see(f"{ISSUE}/skriv")
    for number in range(CHANGES):
        fields = {
            "svar": _value("svar", page),
            "nyhet": _value("nyhet", page),
            "nu": _value("nu", page),
            "title": f"En rubrik som skrivs om för {number}:e gången",
        }
        began = time.perf_counter()
        page = desk.post(f"{ISSUE}/skriv", fields)
        kept.append(time.perf_counter() - began)
        desk.see(f"{ISSUE}/prov/dator")
        seen.append(time.perf_counter() - began)
    return kept, seen


def _value(name: str, page: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}"[^>]*? value="([^"]*)"', page)
    if found is None:
        raise SystemExit(f"the page has no {name}")
    return found[1]


def _weight(content: bytes) -> tuple[str, str]:
    return f"{len(content):,}", f"{len(gzip.compress(content)):,}"


def _shown(seconds: list[float]) -> tuple[str, str]:
    return (
        f"{statistics.median(seconds) * 1000:.0f}",
        f"{statistics.quantiles(seconds, n=20)[-1] * 1000:.0f}",
    )


if __name__ == "__main__":
    main()
