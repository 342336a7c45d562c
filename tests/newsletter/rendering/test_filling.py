from __future__ import annotations

import pytest

from newsletter.errors import RenderingError
from newsletter.rendering.filling import MARK, fill
from tests.newsletter.rendering.conftest import OwnTemplates

NAME = "email/x.mjml"


def failing(own_templates: OwnTemplates, source: str, name: str = NAME, **values: object) -> str:
    with pytest.raises(RenderingError) as caught:
        fill(own_templates(name, whole=source), name, values)
    return str(caught.value)


@pytest.mark.parametrize("ending", ["mjml", "html"])
def test_values_are_escaped_in_markup(own_templates: OwnTemplates, ending: str) -> None:
    name = f"email/x.{ending}"

    filled = fill(own_templates(name, whole="{{ x }}"), name, {"x": '<b> & "'})

    assert filled == "&lt;b&gt; &amp; &#34;"


def test_values_are_not_escaped_in_plain_text(own_templates: OwnTemplates) -> None:
    filled = fill(own_templates("email/x.txt", whole="{{ x }}"), "email/x.txt", {"x": "<b> &"})

    assert filled == "<b> &"


def test_values_are_never_read_as_templates(own_templates: OwnTemplates) -> None:
    filled = fill(own_templates(NAME, whole="{{ x }}"), NAME, {"x": "{{ 7*7 }}{% x %}"})

    assert filled == "{{ 7*7 }}{% x %}"


def test_tags_are_marked_with_template_and_line(own_templates: OwnTemplates) -> None:
    source = "{% if 1 <b %}\n<a href='x'>{{ 1 <b }}</a>\n{# <i> #}{% endif %}<br />"

    filled = fill(own_templates(NAME, whole=source), NAME, {"b": 2})

    assert [mark.groups() for mark in MARK.finditer(filled)] == [(NAME, "2"), (NAME, "3")]
    assert filled.startswith(f'<a nl-at="{NAME}:2" href=')


@pytest.mark.parametrize(
    ("source", "line", "cause"),
    [
        ("x\n{{ nobody }}", 2, "'nobody' is undefined"),
        ("x\n\n{% if %}", 3, "Expected an expression"),
        ("{{ x.y.z }}", 1, "has no attribute 'y'"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ("\n{% include 'email/gone.mjml' %}", 2, "there is no template email/gone.mjml"),
        ("{{ x | bogus }}", 1, "No filter named 'bogus'"),
        ("{% endfor %}", 1, "unknown tag 'endfor'"),
        ("{{ x.__class__.__mro__ }}", 1, "unsafe"),
        ("\n{{ range(999999999) | list }}", 2, "Range too big"),
    ],
)
def test_a_mistake_is_told_by_line(
    own_templates: OwnTemplates, source: str, line: int, cause: str
) -> None:
    said = failing(own_templates, source, x="text")

    assert f"The template {NAME} has a mistake in line {line}. Jinja says: " in said
    assert cause in said


def test_a_mistake_in_a_part_is_told_by_the_part(own_templates: OwnTemplates) -> None:
    own_templates("email/_part.mjml", whole="\n\n{{ nobody }}")

    said = failing(own_templates, "{% include 'email/_part.mjml' %}")

    assert "The template email/_part.mjml has a mistake in line 3." in said


def test_a_template_cannot_reach_the_program(own_templates: OwnTemplates) -> None:
    escape = "{{ ''.__class__.__base__.__subclasses__() }}"

    assert "unsafe" in failing(own_templates, escape)


def test_a_template_cannot_leave_its_folder(own_templates: OwnTemplates) -> None:
    said = failing(own_templates, "{% include '../../../pyproject.toml' %}")

    assert "there is no template" in said


def test_an_edited_template_is_used_at_once(own_templates: OwnTemplates) -> None:
    import os

    templates = own_templates(NAME, whole="before")
    assert fill(templates, NAME, {}) == "before"

    own_templates(NAME, whole="after")
    os.utime(templates.find(NAME), (1, 1))

    assert fill(templates, NAME, {}) == "after"
