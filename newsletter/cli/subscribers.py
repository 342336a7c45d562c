"""The command `subscribers`, put together from one file per idea."""

from __future__ import annotations

import sys
from importlib import metadata

import cyclopts

from newsletter.cli import (
    audit,
    consents,
    erasure,
    exporting,
    imports,
    joining,
    leaving,
    merging,
    package,
    people,
    preferences,
    retention,
    segments,
    statistics,
    suppress,
)
from newsletter.cli.command import run

program = cyclopts.App(
    name="subscribers",
    help="Manage who may be mailed, and why.",
    version=metadata.version("newsletter"),
)
program.command(imports.import_, name="import")
program.command(exporting.export)
program.command(joining.add)
program.command(leaving.remove)
program.command(people.list_, name="list")
program.command(people.show)
program.command(preferences.pause)
program.command(preferences.language)
program.command(statistics.stats)
program.command(merging.duplicates)
program.command(merging.merge)
program.command(consents.program)
program.command(package.package)
program.command(erasure.erase)
program.command(retention.retention)
program.command(audit.program)
program.command(suppress.program)
program.command(segments.program)


def main() -> None:
    """Run the command `subscribers`."""
    sys.exit(run(program))
