"""`newsletter serve`: the public pages."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext
from typing import Annotated

from cyclopts import Parameter, validators

from newsletter.cli.command import Common
from newsletter.errors import UsageError
from newsletter.web import server
from newsletter.worker import loop


def serve(
    *,
    host: str | None = None,
    port: Annotated[int | None, Parameter(validator=validators.Number(gte=0, lte=65535))] = None,
    no_worker: Annotated[bool, Parameter(negative="")] = False,
    maintenance: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Serve the pages readers come to: unsubscribe, earlier issues, pictures.

    Runs until stopped (Ctrl-C or SIGTERM). The log on stderr holds neither addresses nor tokens.

    Example: newsletter serve --port 8025

    Parameters
    ----------
    host
        The address to listen on; the setting listen_host if not given.
    port
        The port to listen on; the setting listen_port if not given. 0 takes any free one.
    no_worker
        Only the pages: issues and service mails are sent by newsletter worker.
    maintenance
        Leave the database alone: readers can unsubscribe, which is stored afterwards; every other
        page asks them to come back.
    """
    common = common or Common()
    if common.newsletter is not None:
        raise UsageError(
            "The pages are those of all newsletters. Nothing was done. Leave out --newsletter."
        )
    app, out = common.open_without_database() if maintenance else common.open_for_all()
    listener = server.listen(
        host or app.settings.listen_host, app.settings.listen_port if port is None else port
    )
    # Only our own lines: what libraries log can hold addresses of pages, and tokens with them.
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("newsletter").setLevel(logging.INFO)
    url = server.address_of(listener)

    def announce() -> None:
        out.say(
            "Serving the pages on {url}. Their public address is {base_url}. Stop with Ctrl-C.",
            url=url,
            base_url=app.settings.base_url,
        )
        out.result({"url": url, "base_url": app.settings.base_url})
        sys.stdout.flush()

    with nullcontext() if no_worker or maintenance else loop.working(app):
        server.serve(app, listener, when_ready=announce, in_maintenance=maintenance)
    app.database.close()
    out.say("Stopped.")
