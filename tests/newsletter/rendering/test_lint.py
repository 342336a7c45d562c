"""Mistakes in MJML are told by template and line, in an organisation's own templates too."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import RenderingError
from newsletter.rendering import Theme, render
from newsletter.rendering.lint import parsed
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_issue_content
from tests.newsletter.rendering.conftest import OwnTemplates

HEAD = '<mjml lang="sv" dir="ltr">\n<mj-head><mj-title>T</mj-title></mj-head>\n'
AROUND = HEAD + "<mj-body>\n<mj-section><mj-column>\n{}\n</mj-column></mj-section></mj-body></mjml>"
BODY = "email/issue/body.mjml"


def test_a_sound_document_passes() -> None:
    root = parsed(AROUND.format("<mj-text>Hej <b>du</b></mj-text>"), "x.mjml")

    assert root.tag == "mjml"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<mj-texx>x</mj-texx>", "There is no tag <mj-texx>."),
        ("<p>x</p>", "<p> cannot stand in <mj-column>."),
        ("x", "No text can stand in <mj-column>."),
        ('<mj-text colour="#000000">x</mj-text>', "<mj-text> has no attribute colour."),
        ('<mj-text color="red">x</mj-text>', "color=“red” on <mj-text> has no meaning."),
        ('<mj-text padding="1em">x</mj-text>', "padding=“1em” on <mj-text> has no meaning."),
        ('<mj-text font-size="abc">x</mj-text>', "font-size=“abc” on <mj-text> has no meaning."),
        ('<mj-text color="#ff">x</mj-text>', "color=“#ff” on <mj-text> has no meaning."),
        ("<mj-section></mj-section>", "<mj-section> cannot stand in <mj-column>."),
        ("<mj-text><mj-text>x</mj-text></mj-text>", "<mj-text> cannot stand in <mj-text>."),
        ("<mj-text><p><mj-raw /></p></mj-text>", "<mj-raw> cannot stand in <p>."),
        ('<mj-image src="x" width="9px" height="9px" />', "<mj-image> needs alt=“…”."),
        (
            '<mj-image src="x" alt="" width="161.2px" height="9px" />',
            "width=“161.2px” on <mj-image> has no meaning.",
        ),
        ('<mj-text><img src="x" alt="" width="1" /></mj-text>', "<img> needs height=“…”."),
        ("<mj-button>x</mj-button>", "<mj-button> needs href=“…”."),
        ("<mj-accordion />", "<mj-accordion> is not for mails."),
        ("<mj-carousel />", "<mj-carousel> is not for mails."),
        ("<mj-navbar />", "<mj-navbar> is not for mails."),
        ('<mj-include path="../../x" />', "<mj-include> is not for mails."),
        ("<mj-social />", "<mj-social> is not for mails."),
        ("<mj-text><script>x</script></mj-text>", "There is no tag <script>."),
        ("<mj-text><form>x</form></mj-text>", "There is no tag <form>."),
        ('<mj-text><p onclick="x">y</p></mj-text>', "<p> has no attribute onclick."),
        ('<mj-text><p style="background:url(x)">y</p></mj-text>', "“url(” is not for the styles"),
        ("<mj-raw><?php x ?></mj-raw>", "Only tags and text make a mail."),
        ("<mj-raw><!--[if mso]><b>x</b><![endif]--></mj-raw>", "Only tags and text make a mail."),
    ],
)
def test_a_mistake_is_told_in_words(content: str, problem: str) -> None:
    with pytest.raises(RenderingError) as caught:
        parsed(AROUND.format(content), "x.mjml")

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<mj-body></mj-body>", "<mj-body> cannot stand in <…>."),
        ('<mjml lang="sv"><mj-head /></mjml>', "<mjml> needs dir=“…”."),
        ('<mjml lang="sv" dir="up"></mjml>', "dir=“up” on <mjml> has no meaning."),
        (
            '<mjml lang="sv" dir="ltr"><mj-head><mj-title> </mj-title></mj-head></mjml>',
            "<mj-title> is empty.",
        ),
    ],
)
def test_a_document_that_is_no_mail_is_refused(markup: str, problem: str) -> None:
    with pytest.raises(RenderingError) as caught:
        parsed(markup, "x.mjml")

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "css",
    [
        '@import url("https://fonts.example/x.css");',
        "@IMPORT 'x';",
        "p { background: url(x.png) }",
        '@font-face { font-family: "x" }',
        "p::after { content: '\\201C' }",
    ],
)
@pytest.mark.parametrize("how", ["", ' inline="inline"'])
def test_styles_that_fetch_or_could_be_misprinted_are_refused(css: str, how: str) -> None:
    markup = f'<mjml lang="sv" dir="ltr"><mj-head><mj-style{how}>{css}</mj-style></mj-head></mjml>'

    with pytest.raises(RenderingError, match="is not for the styles of a mail"):
        parsed(markup, "x.mjml")


def test_deep_nesting_never_reaches_the_renderer() -> None:
    # It would take the process down: no error to catch, nothing in a log.
    for depth in (40, 2_000):
        with pytest.raises(RenderingError):
            parsed(AROUND.format(f"<mj-text>{'<b>' * depth}x{'</b>' * depth}</mj-text>"), "x.mjml")


def test_entities_cannot_be_defined() -> None:
    bomb = '<!DOCTYPE mjml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'

    with pytest.raises(RenderingError):
        parsed(bomb + AROUND.format("<mj-text>&b;</mj-text>"), "x.mjml")


def failing(content: str, theme: Theme, templates: TemplatesFolder) -> str:
    with pytest.raises(RenderingError) as caught:
        render(make_issue_content(editorial=content), theme=theme, templates=templates)
    return str(caught.value)


def line_of(templates: TemplatesFolder, name: str, text: str) -> int:
    lines = templates.find(name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (BODY, "<h1>", '<h1 colour="x">'),
        (BODY, "<mj-body ", '<mj-body align="left" '),
        ("email/_parts.mjml", "<mj-text ", '<mj-text x="y" '),
        ("email/_head.mjml", "<mj-image ", '<mj-image x="y" '),
    ],
)
def test_the_template_and_line_of_a_mistake_are_told(
    own_templates: OwnTemplates, theme: Theme, name: str, old: str, new: str
) -> None:
    templates = own_templates(name, old, new)

    said = failing("Hej", theme, templates)

    assert f"The template {name} has a mistake in line {line_of(templates, name, new)}." in said


def test_a_tag_that_is_not_closed_is_told_by_line(
    own_templates: OwnTemplates, theme: Theme
) -> None:
    templates = own_templates(BODY, "<h1>{{ issue.newsletter_name }}</h1>", "<h1>\n<b>x</h1>")

    said = failing("Hej", theme, templates)

    assert f"{BODY} has a mistake in line {line_of(templates, BODY, '<b>x</h1>')}." in said
    assert "It is not well-formed" in said


def test_what_an_editor_types_is_never_taken_for_a_mark_or_a_tag(
    theme: Theme, templates: TemplatesFolder
) -> None:
    typed = '<mj-bogus nl-at="x:1"> nl-at="y:2" data-premailer="ignore" </p><script>'

    issue = render(make_issue_content(editorial=typed), theme=theme, templates=templates)

    assert "&lt;mj-bogus nl-at=" in issue.html
    assert typed in issue.text


def test_an_organisations_mistake_leaves_no_traceback_of_ours(tmp_path: Path, theme: Theme) -> None:
    (tmp_path / "email/issue").mkdir(parents=True)
    (tmp_path / BODY).write_bytes(b"\xff\xfe not utf-8")

    with pytest.raises(RenderingError, match=BODY):
        render(make_issue_content(), theme=theme, templates=TemplatesFolder(tmp_path))
