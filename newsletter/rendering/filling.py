"""Fill templates: Jinja, in a sandbox, with every mistake told by template and line.

An organisation may lay its own templates over ours, so a template is as untrusted as it is useful:
it can spoil a mail, which is then refused, but reach nothing outside.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.ext import Extension
from jinja2.sandbox import SandboxedEnvironment

from newsletter.errors import RenderingError
from newsletter.foreign_passages import marked_up, unmarked
from newsletter.rendering import markdown, phrases, plain_text
from newsletter.templates_folder import TemplatesFolder
from subscribers.wording import Sentence

#: Marks a tag with the template and line it comes from: ` nl-at="email/issue/body.mjml:12"`.
#: Nothing an editor writes can look like it, for their quotes are escaped.
MARK = re.compile(r' nl-at="([^":]*):(\d+)"')

# What stands between {{ }}, {% %} or {# #} is no tag, even where it holds a "<".
_JINJA_OR_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[A-Za-z][\w:-]*", re.DOTALL)


def fill(templates: TemplatesFolder, name: str, values: Mapping[str, Any]) -> str:
    """Return the template `name` with its values filled in.

    Tags in `.mjml` come marked with where they stand (`MARK`). Values are escaped in `.mjml` and
    `.html`, and nowhere else.

    Raises RenderingError: the template has a mistake, asks for something that does not exist, or
    for something the sandbox forbids.
    """
    environment = _environment(templates)
    try:
        return environment.get_template(name).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise _mistake(error.name or name, error.lineno, error.message or "") from error
    except jinja2.TemplateNotFound as error:
        where = _where(error, templates) or (name, 0)
        raise _mistake(*where, f"there is no template {error.name}") from error
    # A template can do arithmetic, slice, call: whatever it does wrong is the designer's to mend.
    except Exception as error:
        where = _where(error, templates) or (name, 0)
        raise _mistake(*where, str(error) or type(error).__name__) from error


def mistake(template: str, line: int, problem: Sentence) -> RenderingError:
    """Return the error that tells a designer what is wrong and where; line 0: nobody knows."""
    if not line:
        return RenderingError(
            "The template {template} has a mistake. {problem} Nothing was rendered. "
            "Mend the template.",
            template=template,
            problem=problem,
        )
    return RenderingError(
        "The template {template} has a mistake in line {line}. {problem} "
        "Nothing was rendered. Mend the template.",
        template=template,
        line=line,
        problem=problem,
    )


class _Marking(Extension):
    """Marks each tag of an MJML template with its name and line, so that the lint can tell."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if not name or not name.endswith(".mjml"):
            return source

        def mark(found: re.Match[str]) -> str:
            if not found[0].startswith("<"):
                return found[0]
            line = source.count("\n", 0, found.start()) + 1
            return f'{found[0]} nl-at="{name}:{line}"'

        return _JINJA_OR_TAG.sub(mark, source)


@lru_cache(maxsize=8)
def _environment(templates: TemplatesFolder) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(templates.folders),
        extensions=[_Marking],
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(("html", "mjml"), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked_up"] = marked_up
    environment.filters["unmarked"] = unmarked
    environment.filters["blocks"] = markdown.blocks
    environment.filters["paragraphs"] = phrases.paragraphs
    environment.filters["wrapped"] = plain_text.wrapped
    environment.filters["underlined"] = plain_text.underlined
    return environment


def _where(error: BaseException, templates: TemplatesFolder) -> tuple[str, int] | None:
    # Jinja puts the template's own file and line into the traceback.
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        for folder in templates.folders:
            if frame.filename.startswith(f"{folder}/"):
                return frame.filename.removeprefix(f"{folder}/"), frame.lineno or 0
    return None


def _mistake(template: str, line: int, cause: str) -> RenderingError:
    return mistake(template, line, Sentence("Jinja says: {cause}.", cause=cause.rstrip(".")))
