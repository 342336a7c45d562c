"""The last look trusts no template: each promise broken on purpose is found."""

from __future__ import annotations

import pytest

from newsletter.content import TOKEN_SLOT
from newsletter.errors import RenderingError
from newsletter.rendering import Theme, render
from tests.builders import make_issue_content
from tests.newsletter.rendering.conftest import OwnTemplates

BODY = "email/issue/body.mjml"
WEB = "email/issue/web_article.html"
FEED = "email/issue/feed_entry.html"
H1 = "<h1>{{ issue.newsletter_name }}</h1>"
WEB_H1 = "<h1>{{ (issue.subject.strip() or issue.newsletter_name) | marked_up }}</h1>"


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (BODY, H1, "<p>x</p>", "There must be one <h1>"),
        (BODY, H1, H1 + "<h1>x</h1>", "There must be one <h1>"),
        (BODY, H1, H1 + "<h3>x</h3>", "After <h1> comes <h3>."),
        (BODY, H1, H1 + "<h2> </h2>", "<h2> is empty."),
        (BODY, H1, H1 + '<a href="{{ issue.web_url }}"> </a>', "A link has no words"),
        (
            BODY,
            H1,
            H1 + '<a href="https://tracker.example/{{ issue.name }}">x</a>',
            "<a> leads to https://tracker.example/2017-02",
        ),
        (
            BODY,
            H1,
            H1 + '<img src="//tracker.example/x.gif" alt="" width="1" height="1" />',
            "<img> leads to //tracker.example/x.gif",
        ),
        (BODY, H1, H1 + '<a href="javascript:x">y</a>', "<a> leads to javascript:x"),
        (BODY, H1, H1 + '<a href="x">y</a>', "<a> leads to x"),
        (
            BODY,
            H1,
            H1 + '<table><tr><th scope="col">x</th></tr></table>',
            "A table with headings has no <caption>.",
        ),
        (
            BODY,
            H1,
            H1 + "<table><caption>x</caption><tr><th>y</th></tr></table>",
            "<th> needs scope=“…”.",
        ),
        (BODY, "address=address_slot", 'address="x"', "NLSLOTADDRESSX is missing"),
        (BODY, "(issue.unsubscribe_url,", "(issue.web_url,", "NLSLOTTOKENX is missing"),
        (
            BODY,
            H1,
            H1 + f'<a href="{{{{ issue.web_url }}}}?{TOKEN_SLOT}">x</a>',
            "NLSLOTTOKENX stands elsewhere than in the unsubscribe link",
        ),
        (
            BODY,
            H1,
            H1 + '<a href="{{ issue.web_url }}?{{ address_slot }}">x</a>',
            "NLSLOTADDRESSX stands elsewhere than in the text",
        ),
        ("email/_head.mjml", ":root {", ":root { --x: '" + "x" * 8_000 + "';", "style sheets are"),
        ("email/issue/body.txt", "address_slot", '"x"', "NLSLOTADDRESSX is missing"),
        ("email/issue/body.txt", "issue.unsubscribe_url", '"x"', "NLSLOTTOKENX is missing"),
        (WEB, WEB_H1, "<h2>x</h2>", "There must be one <h1>"),
        (WEB, WEB_H1, WEB_H1 + '<img src="{{ issue.web_url }}">', "A picture has no alt"),
        (WEB, WEB_H1, WEB_H1 + "{{ address_slot }}", "It holds NLSLOTADDRESSX, but it is public"),
        (WEB, WEB_H1, WEB_H1 + '<script src="https://x.example/"></script>', "<script> leads to"),
        (FEED, "<h3", '<a href="{{ issue.unsubscribe_url }}">x</a><h3', "It holds NLSLOTTOKENX"),
        (FEED, "<h3", '<iframe src="https://x.example/"></iframe><h3', "<iframe> leads to"),
    ],
)
def test_a_broken_promise_is_found(
    own_templates: OwnTemplates, theme: Theme, name: str, old: str, new: str, problem: str
) -> None:
    templates = own_templates(name, old, new)

    with pytest.raises(RenderingError) as caught:
        render(make_issue_content(), theme=theme, templates=templates)

    assert problem in str(caught.value)
    assert "email/issue/" in str(caught.value)


def test_an_organisation_may_add_what_keeps_the_promises(
    own_templates: OwnTemplates, theme: Theme
) -> None:
    templates = own_templates(
        BODY, H1, H1 + '<p><a href="{{ issue.archive_url }}">Alla <b>våra</b> nummer</a></p>'
    )

    issue = render(make_issue_content(), theme=theme, templates=templates)

    assert "Alla <b>våra</b> nummer" in issue.html
