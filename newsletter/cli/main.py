"""Both commands, put together from one file per noun."""

from __future__ import annotations

import sys
from importlib import metadata

import cyclopts

from newsletter.cli.command import run

_VERSION = metadata.version("newsletter")

newsletter_program = cyclopts.App(
    name="newsletter",
    help="Compose a newsletter from news items and send it to its subscribers.",
    version=_VERSION,
)

subscribers_program = cyclopts.App(
    name="subscribers",
    help="Manage who may be mailed, and why.",
    version=_VERSION,
)


def newsletter() -> None:
    """Run the command `newsletter`."""
    sys.exit(run(newsletter_program))


def subscribers() -> None:
    """Run the command `subscribers`."""
    sys.exit(run(subscribers_program))
