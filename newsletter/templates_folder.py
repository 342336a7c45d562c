"""Where templates, themes, rules and translations are: ours, with the organisation's own on top."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from newsletter.errors import SettingsError
from newsletter.language import Language, read_catalogue

#: In a checkout `templates/` stands beside the package; in a wheel it is inside it.
_BESIDE = Path(__file__).parent.parent / "templates"
_INSIDE = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class TemplatesFolder:
    """Finds files in `templates/`, the organisation's own folder first.

    Raises SettingsError: `own` is not a folder.
    """

    own: Path | None = None

    def __post_init__(self) -> None:
        if self.own is not None and not self.own.is_dir():
            raise SettingsError(
                "The setting templates_dir names {path}, which is not a folder. Nothing was done. "
                "Make the folder or take the setting away.",
                path=str(self.own),
            )

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where to look, in this order."""
        ours = _BESIDE if _BESIDE.is_dir() else _INSIDE
        return (self.own, ours) if self.own else (ours,)

    def find(self, name: str) -> Path:
        """Return the file called `name`, as "themes/saklig.toml".

        Raises SettingsError: there is none.
        """
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        raise SettingsError(
            "There is no file {name} among the templates. Nothing was done. Looked in: {folders}.",
            name=name,
            folders=", ".join(str(folder) for folder in self.folders),
        )

    def language(self, code: str) -> Language:
        """Return a language with its translations, read once; English needs none."""
        return _language(self, code)


@lru_cache(maxsize=8)
def _language(templates: TemplatesFolder, code: str) -> Language:
    catalogue: dict[str, tuple[str, ...]] = {}
    for folder in reversed(templates.folders):
        for file in sorted((folder / "locale" / code).glob("*.po")):
            catalogue.update(read_catalogue(file))
    return Language(code, catalogue)
