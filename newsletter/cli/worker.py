"""`newsletter worker`: send what is to be sent, and do the duties, without any pages."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

from cyclopts import Parameter, validators

from newsletter.cli.command import Common
from newsletter.worker import processes


def worker(
    *,
    processes_: Annotated[
        int, Parameter(name="--processes", validator=validators.Number(gte=1, lte=64))
    ] = 1,
    common: Common | None = None,
) -> None:
    """Send issues and service mails, and do what is due, until stopped (Ctrl-C or SIGTERM).

    `newsletter serve` does the same beside its pages. Any number of workers, on any machines, share
    the work if they have the same database and settings. When stopped it finishes what is on its
    way and leaves the rest to the others.

    Example: newsletter worker --processes 4

    Parameters
    ----------
    processes_
        How many processes; one that dies is replaced.
    """
    common = common or Common()
    app, out = common.open_for_all()
    app.database.close()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("newsletter").setLevel(logging.INFO)
    out.say(
        "{n} process is at work. Stop with Ctrl-C.",
        plural="{n} processes are at work. Stop with Ctrl-C.",
        n=processes_,
    )
    sys.stdout.flush()
    if processes_ == 1:
        processes.run_one(common.config)
    else:
        processes.run_several(common.config, processes_)
    out.say("Stopped.")
    out.result({"processes": processes_})
