"""`newsletter init`: a settings file to start from, with fresh secrets."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from newsletter.cli.command import Output
from newsletter.errors import UsageError
from newsletter.settings import DEFAULT_FILE
from newsletter.templates_folder import TemplatesFolder

program = cyclopts.App(name="init")

#: What a new settings file is made from, below `templates/`.
STARTER = "newsletter.toml"


@program.default
def init(
    file: Path = DEFAULT_FILE,
    /,
    *,
    lang: Annotated[str, Parameter()] = "sv",
) -> None:
    """Write a settings file with fresh secrets, readable by you alone.

    Example: newsletter init

    Parameters
    ----------
    file
        Where to write it; a file that exists is never overwritten.
    lang
        Language of the output: sv or en.
    """
    templates = TemplatesFolder()
    content = write_starter(file, templates)
    out = Output(templates.language(lang))
    out.say(
        "{path} is written ({n} settings, secrets among them: keep a copy in a safe place).",
        path=str(file),
        n=content.count(" = "),
    )
    out.say("Next: fill in who you are and the mail server, then: newsletter items import PAGE.txt")


def write_starter(file: Path, templates: TemplatesFolder) -> str:
    """Write the settings file and return its text.

    Raises UsageError: it exists already, or its folder cannot be written to.
    """
    text = templates.find(STARTER).read_text(encoding="utf-8")
    for placeholder in ("SECRET", "SUPPRESSION"):
        text = text.replace(f"@{placeholder}@", secrets.token_urlsafe(48))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            "{path} exists already and was left as it is. "
            "Change it by hand, or move it away and try again.",
            path=str(file),
        ) from None
    except OSError as error:
        raise _unwritable(file, error) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        # A file without its secrets would stand in the way of the next try.
        file.unlink(missing_ok=True)
        raise _unwritable(file, error) from error
    return text


def _unwritable(file: Path, error: OSError) -> UsageError:
    return UsageError(
        "{path} cannot be written ({cause}). Nothing was done.",
        path=str(file),
        cause=error.strerror,
    )
