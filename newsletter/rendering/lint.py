"""Find the mistakes in MJML that its renderer would pass on to the reader without a word."""

from __future__ import annotations

import re
from typing import NoReturn

from lxml import etree

from newsletter.errors import RenderingError
from newsletter.rendering.filling import MARK, mistake
from newsletter.rendering.mjml_rules import (
    BANNED,
    FORMS,
    HTML_ATTRIBUTES,
    HTML_TAGS,
    RULES,
    Rule,
)
from subscribers.wording import Sentence

#: Tags inside tags. The renderer calls itself for each level and takes the process down when its
#: stack is full, at about a thousand.
DEEPEST = 30

#: Sheets that fetch, or could end the tag they stand in, or that the renderer would misprint.
_FORBIDDEN_CSS = re.compile(r"(?i)@import|@font-face|url\(|expression\(|javascript:|[<&\\]")


def parsed(markup: str, template: str) -> etree._Element:
    """Return filled MJML as a tree, all of it known and in its place.

    `markup` carries the marks of `filling.fill`, which are gone from the tree afterwards;
    `template` is named where a mark is missing.

    Raises RenderingError: with the template and line of the first mistake.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(markup.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(markup, template, error) from None
    _Lint(template).check(root)
    return root


class _Lint:
    """Walks a tree and remembers where it is."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._line = 0

    def check(self, root: etree._Element) -> None:
        waiting: list[tuple[etree._Element, int]] = [(root, 1)]
        while waiting:
            element, depth = waiting.pop()
            if not isinstance(element.tag, str):
                # The renderer reads what stands in conditional comments; we could not lint it.
                self._refuse(
                    Sentence(
                        "Only tags and text make a mail. Comments are for Jinja: {comment}",
                        comment="{# … #}",
                    )
                )
            self._move_to(element)
            if depth > DEEPEST:
                self._refuse(Sentence("More than {n} tags stand in each other.", n=DEEPEST))
            self._check_tag(element)
            # Reversed: the first mistake on the page is the one that is told.
            waiting.extend((child, depth + 1) for child in reversed(element))

    def _move_to(self, element: etree._Element) -> None:
        mark = MARK.fullmatch(f' nl-at="{element.attrib.pop("nl-at", "")}"')
        if mark:
            self._template, self._line = mark[1], int(mark[2])

    def _check_tag(self, element: etree._Element) -> None:
        tag, parent = element.tag, element.getparent()
        rule = RULES.get(tag)
        if tag in BANNED:
            self._refuse(Sentence("<{tag}> is not for mails.", tag=tag))
        if rule is None and tag not in HTML_TAGS:
            self._refuse(Sentence("There is no tag <{tag}>.", tag=tag))
        if not _has_place(tag, parent):
            around = parent.tag if parent is not None else "…"
            self._refuse(Sentence("<{tag}> cannot stand in <{parent}>.", tag=tag, parent=around))
        if rule is None:
            self._check_html(element)
        else:
            self._check_mjml(element, rule)

    def _check_mjml(self, element: etree._Element, rule: Rule) -> None:
        for name, value in element.attrib.items():
            if name not in rule.attributes.split():
                self._refuse_attribute(element, name)
            self._check_form(element, name, value)
        if element.getparent() is None or element.getparent().tag != "mj-attributes":
            self._require(element, rule.required.split())
        if not (rule.holds_html or rule.holds_text) and _own_text(element).strip():
            self._refuse(Sentence("No text can stand in <{tag}>.", tag=element.tag))
        if element.tag == "mj-style":
            self._check_css(element.text or "")
        if element.tag == "mj-title" and not (element.text or "").strip():
            self._refuse(Sentence("<{tag}> is empty.", tag=element.tag))

    def _check_html(self, element: etree._Element) -> None:
        for name, value in element.attrib.items():
            if name not in HTML_ATTRIBUTES:
                self._refuse_attribute(element, name)
            if name == "style":
                self._check_css(value)
        if element.tag == "img":
            self._require(element, ["alt", "src", "width", "height"])

    def _check_form(self, element: etree._Element, name: str, value: str) -> None:
        if name in FORMS and not FORMS[name].fullmatch(value):
            self._refuse(
                Sentence(
                    "{name}=“{value}” on <{tag}> has no meaning.",
                    name=name,
                    value=value,
                    tag=element.tag,
                )
            )

    def _check_css(self, css: str) -> None:
        found = _FORBIDDEN_CSS.search(css)
        if found:
            self._refuse(Sentence("“{text}” is not for the styles of a mail.", text=found[0]))

    def _require(self, element: etree._Element, names: list[str]) -> None:
        for name in names:
            if name not in element.attrib:
                self._refuse(Sentence("<{tag}> needs {name}=“…”.", tag=element.tag, name=name))

    def _refuse_attribute(self, element: etree._Element, name: str) -> NoReturn:
        self._refuse(Sentence("<{tag}> has no attribute {name}.", tag=element.tag, name=name))

    def _refuse(self, problem: Sentence) -> NoReturn:
        raise mistake(self._template, self._line, problem)


def _has_place(tag: str, parent: etree._Element | None) -> bool:
    if parent is None:
        return tag == "mjml"
    around = RULES.get(parent.tag)
    if tag in RULES:
        return around is not None and tag in around.children.split()
    return around is None or around.holds_html


def _own_text(element: etree._Element) -> str:
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _malformed(markup: str, template: str, error: etree.XMLSyntaxError) -> RenderingError:
    line, column = error.position
    lines = markup.split("\n")
    before = "\n".join([*lines[: line - 1], lines[line - 1][:column]])
    marks = list(MARK.finditer(before))
    if marks:
        template, line = marks[-1][1], int(marks[-1][2])
    cause = (error.msg or "").partition(", line ")[0]
    return mistake(template, line, Sentence("It is not well-formed: {cause}.", cause=cause))
