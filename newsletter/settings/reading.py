"""Settings read from a file and the environment; what is wrong with them, in words."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

import pydantic
from pydantic import BaseModel

from newsletter.errors import SettingsError
from newsletter.settings.desk import DeskSettings, OidcSettings
from newsletter.settings.newsletters import (
    FurtherNewsletterSettings,
    NewsletterSettings,
    OrganisationSettings,
)
from newsletter.settings.sending import (
    DkimSettings,
    DomainLimitSettings,
    SendingHoursSettings,
    SmtpServerSettings,
    WarmUpSettings,
)
from newsletter.settings.whole import RetentionSettings, Settings
from subscribers.wording import Sentence

#: Where settings are looked for when no --config is given.
DEFAULT_FILE = Path("newsletter.toml")


def load(file: Path | None = None) -> Settings:
    """Return the settings of a file (`newsletter.toml` here, if None) and the environment.

    A file that is named must exist; the default one may be missing where the environment holds
    the secrets. Relative paths in the file are read from the file's folder.

    Raises SettingsError: the file is missing or no TOML, or a setting is misspelt or wrong.
    """
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        if not os.environ.get("NEWSLETTER_SECRET"):
            raise SettingsError(
                "There is no {file} in {folder}. Nothing was done. Go to the folder of your "
                "newsletter, or name the file with --config. Only for a new newsletter: "
                "newsletter init",
                file=str(DEFAULT_FILE),
                folder=str(Path.cwd()),
            )
        return _of_values({}, path)
    return of_text(read(path), path)


def read(path: Path) -> str:
    """Return the text of a settings file; raises SettingsError: it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            "The settings file {path} cannot be read ({cause}). Nothing was done. "
            "Make one with: newsletter init",
            path=str(path),
            cause=error.strerror,
        ) from error
    except UnicodeDecodeError as error:
        raise _no_toml(path, error) from error


def of_text(text: str, path: Path) -> Settings:
    """Return the settings of a text that stands, or is to stand, at `path`; raises as `load`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, error) from error
    return _of_values(values, path)


def _of_values(values: dict[str, Any], path: Path) -> Settings:
    _refuse_unknown_variables()
    try:
        settings = Settings(**values)
    except pydantic.ValidationError as error:
        raise _explained(error, path) from None
    return _relative_to(settings, path.parent)


def _no_toml(path: Path, cause: Exception) -> SettingsError:
    return SettingsError(
        "The settings file {path} is not valid TOML: {cause}. Nothing was done. "
        "Mend that line and try again.",
        path=str(path),
        cause=str(cause),
    )


def _refuse_unknown_variables() -> None:
    # A misspelt NEWSLETTER_… variable would otherwise be ignored without a word.
    for variable in os.environ:
        if not variable.startswith("NEWSLETTER_"):
            continue
        name = variable.removeprefix("NEWSLETTER_").split("__")[0].lower()
        if name not in Settings.model_fields:
            raise _unknown(variable, name, Settings.model_fields, Sentence("the environment"))


def _explained(error: pydantic.ValidationError, path: Path) -> SettingsError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {
            "organisation": OrganisationSettings,
            "newsletter": NewsletterSettings,
            "newsletters": FurtherNewsletterSettings,
            "dkim": DkimSettings,
            "retention": RetentionSettings,
            "desk": DeskSettings,
            "desk.oidc": OidcSettings,
            "smtp_servers": SmtpServerSettings,
            "domain_limits": DomainLimitSettings,
            "sending_hours": SendingHoursSettings,
            "warm_up": WarmUpSettings,
        }
        above = ".".join(str(part) for part in first["loc"][:-1])
        table = tables.get(above) or tables.get(str(first["loc"][0]), Settings)
        return _unknown(name, str(first["loc"][-1]), table.model_fields, str(path))
    return SettingsError(
        "The setting {name} has no meaning as it stands ({cause}). Nothing was done. "
        "Mend it in {path} or in the environment.",
        name=name,
        cause=first["msg"],
        path=str(path),
    )


def _unknown(shown: str, name: str, known: dict[str, Any], where: str | Sentence) -> SettingsError:
    nearest = difflib.get_close_matches(name, known, n=1)
    if nearest:
        return SettingsError(
            "There is no setting {name} (found in {where}). Nothing was done. "
            "Did you mean {nearest}?",
            name=shown,
            where=where,
            nearest=nearest[0],
        )
    return SettingsError(
        "There is no setting {name} (found in {where}). Nothing was done. "
        "The settings are: {known}.",
        name=shown,
        where=where,
        known=", ".join(known),
    )


def _relative_to(settings: Settings, folder: Path) -> Settings:
    changes: dict[str, Any] = {}
    prefix = "sqlite:///"
    if settings.database_url.startswith(prefix):
        changes["database_url"] = prefix + str(folder / settings.database_url.removeprefix(prefix))
    changes["spool_dir"] = folder / settings.spool_dir
    if settings.templates_dir is not None:
        changes["templates_dir"] = folder / settings.templates_dir
    keys = {
        name: folder / file
        for name in ("key_file", "ed25519_key_file")
        if (file := getattr(settings.dkim, name)) is not None
    }
    changes["dkim"] = settings.dkim.model_copy(update=keys)
    if (secret := settings.desk.oidc.client_secret_file) is not None:
        oidc = settings.desk.oidc.model_copy(update={"client_secret_file": folder / secret})
        changes["desk"] = settings.desk.model_copy(update={"oidc": oidc})
    return settings.model_copy(update=changes)
