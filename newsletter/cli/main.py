"""The command `newsletter`, put together from one file per noun."""

from __future__ import annotations

import sys
from importlib import metadata

import cyclopts

from newsletter.cli.command import run

program = cyclopts.App(
    name="newsletter",
    help="Compose a newsletter from news items and send it to its subscribers.",
    version=metadata.version("newsletter"),
)
# Named, not imported: a command takes only the time its own part takes to load. What is said
# here stands before the docstring, which is not read until then.
for _name, _place, _help in (
    ("init", "init:program", "Write a settings file.\n\nExample: newsletter init"),
    ("demo", "demo:demo", "Run the main job on invented data.\n\nExample: newsletter demo"),
    ("items", "items:program", "Import and keep the news that issues are made of."),
    ("issues", "issues:program", "Compose, check, approve and send issues."),
    ("theme", "themes:program", "See how a mail looks, and whether everybody can read it."),
    ("archive", "archive:program", "Keep what has been sent."),
    ("worker", "worker:worker", "Send and do what is due.\n\nExample: newsletter worker"),
    ("backup", "backup:backup", "Copy the database.\n\nExample: newsletter backup FILE"),
    ("restore", "backup:restore", "Put a backup back.\n\nExample: newsletter restore FILE"),
    ("adopt", "backup:adopt", "Let a copy send.\n\nExample: newsletter adopt --yes"),
    ("outbox", "outbox:program", "Mails about a subscription that wait or are uncertain."),
    ("duties", "duties:program", "What the program does by itself, and how it went."),
    ("dkim", "dkim:program", "Make and show the keys that sign mail."),
    ("newsletters", "newsletters:program", "Say which newsletters there are."),
    ("users", "users:program", "Say who may work at the desk."),
    ("serve", "serve:serve", "Serve the pages.\n\nExample: newsletter serve --port 8025"),
):
    program.command(f"newsletter.cli.{_place}", name=_name, help=_help)


def main() -> None:
    """Run the command `newsletter`."""
    sys.exit(run(program))
