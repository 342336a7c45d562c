"""Change the settings file: comments stay, and what would not be valid is not written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import tomlkit
from tomlkit.items import AoT

from newsletter import settings as settings_module
from newsletter.errors import SettingsError
from newsletter.settings import Settings

#: Changes a document in place.
Change: TypeAlias = Callable[[tomlkit.TOMLDocument], None]


def changed(path: Path, change: Change) -> Settings:
    """Return what the settings would be; nothing is written.

    Raises SettingsError: the file cannot be read, or the settings would not be valid.
    """
    return settings_module.of_text(_text(path, change), path)


def change(path: Path, change: Change) -> Settings:
    """Write a changed settings file, whole, and return what it says now.

    Raises SettingsError: as `changed`, or the file cannot be written; then it is as it was.
    """
    text = _text(path, change)
    settings = settings_module.of_text(text, path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        mode = path.stat().st_mode & 0o777
        # It holds secrets: never readable by more people than the file it replaces.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        part.replace(path.resolve())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SettingsError(
            "The settings file {path} cannot be written ({cause}). Nothing was done.",
            path=str(path),
            cause=error.strerror,
        ) from error
    return settings


def newsletters(document: tomlkit.TOMLDocument) -> AoT:
    """Return the tables `[[newsletters]]`, to be changed in place."""
    found = document.get("newsletters")
    if found is None:
        return AoT([])
    if not isinstance(found, AoT):
        raise SettingsError(
            "The newsletters in the settings stand in one line. Nothing was done. "
            "Write each as a table of its own, below [[newsletters]]."
        )
    return found


def _text(path: Path, change: Change) -> str:
    text = settings_module.read(path)
    # Told by the reader of settings, which names the line.
    settings_module.of_text(text, path)
    document = tomlkit.parse(text)
    change(document)
    return document.as_string()
