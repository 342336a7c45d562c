"""Where templates, themes, rules and translations are: ours, with the organisation's own on top."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from newsletter.errors import SettingsError
from newsletter.language import Language, read_catalogue

#: In a checkout `templates/` stands beside the package; in a wheel it is inside it.
_BESIDE = Path(__file__).parent.parent / "templates"
_INSIDE = Path(__file__).parent / "templates"


class TemplatesFolder:
    """Finds files in `templates/`, the organisation's own folder first."""

    def __init__(self, own: Path | None = None) -> None:
        """Lay `own` over the templates of the program.

        Raises SettingsError: `own` is not a folder.
        """
        if own is not None and not own.is_dir():
            raise SettingsError(
                "The setting templates_dir names {path}, which is not a folder. Nothing was done. "
                "Make the folder or take the setting away.",
                path=str(own),
            )
        ours = _BESIDE if _BESIDE.is_dir() else _INSIDE
        self.folders: tuple[Path, ...] = (own, ours) if own else (ours,)
        self._language = cache(self._read_language)

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
        """Return a language with its translations; English needs none."""
        return self._language(code)

    def _read_language(self, code: str) -> Language:
        catalogue: dict[str, tuple[str, ...]] = {}
        for folder in reversed(self.folders):
            for file in sorted((folder / "locale" / code).glob("*.po")):
                catalogue.update(read_catalogue(file))
        return Language(code, catalogue)
