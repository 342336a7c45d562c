"""What the tests of rendering share: our templates, and an organisation's own laid over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.content import IssueContent, RenderedIssue
from newsletter.rendering import Theme, load_theme, render
from newsletter.templates_folder import TemplatesFolder

OwnTemplates = Callable[..., TemplatesFolder]


@pytest.fixture
def templates() -> TemplatesFolder:
    return TemplatesFolder()


@pytest.fixture
def theme(templates: TemplatesFolder) -> Theme:
    return load_theme(templates, "saklig")


@pytest.fixture
def rendered(theme: Theme, templates: TemplatesFolder) -> Callable[[IssueContent], RenderedIssue]:
    """Render with our own theme and templates."""
    return lambda content: render(content, theme=theme, templates=templates)


@pytest.fixture
def own_templates(tmp_path: Path, templates: TemplatesFolder) -> OwnTemplates:
    """Lay a changed copy of one of our templates over ours.

    `own_templates(name, old=new)` replaces text; `own_templates(name, whole=…)` the whole file.
    """

    def lay(
        name: str, old: str = "", new: str = "", *, whole: str | None = None
    ) -> TemplatesFolder:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if whole is None:
            ours = templates.find(name).read_text(encoding="utf-8")
            assert old in ours
            whole = ours.replace(old, new, 1)
        file.write_text(whole, encoding="utf-8")
        return TemplatesFolder(tmp_path)

    return lay
