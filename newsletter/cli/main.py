"""Both commands, put together from one file per noun."""

from __future__ import annotations

import sys
from importlib import metadata

import cyclopts

from newsletter.cli import init, issues, items, proofs, sending, serve
from newsletter.cli import subscribers as subscribers_commands
from newsletter.cli.command import run

#: Files that add their commands to `issues.program`.
_MORE_ABOUT_ISSUES = (proofs, sending)

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

newsletter_program.command(init.program)
newsletter_program.command(issues.program)
newsletter_program.command(items.program)
newsletter_program.command(serve.serve)
# Named, not imported: the demo itself runs the commands.
newsletter_program.command("newsletter.cli.demo:demo", name="demo")
subscribers_program.command(subscribers_commands.program, name="*")


def newsletter() -> None:
    """Run the command `newsletter`."""
    sys.exit(run(newsletter_program))


def subscribers() -> None:
    """Run the command `subscribers`."""
    sys.exit(run(subscribers_program))
