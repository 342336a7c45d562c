"""Whatever stands in an issue, a mail comes out that shows it, or an error that explains."""

from __future__ import annotations

import re

import lxml.html
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from newsletter.content import (
    ADDRESS_SLOT,
    TOKEN_SLOT,
    IssueContent,
    PictureContent,
    RenderedIssue,
    StoryContent,
)
from newsletter.errors import RenderingError
from newsletter.rendering import load_theme, render
from newsletter.rendering.cleaning import without_controls
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_event, make_issue_content, make_picture, make_story

TEMPLATES = TemplatesFolder()
THEME = load_theme(TEMPLATES, "saklig")

SAMPLES = [
    "{{ 7*7 }}",
    "{% for x in range(9**9) %}",
    "{# tyst #}",
    "<b>fet</b>",
    "</title><script>alert(1)</script>",
    "</style><style>*{display:none}",
    '" onmouseover="x',
    "'",
    "]]>",
    "<![CDATA[",
    "<!-- -->",
    "<!--[if mso]>",
    "<mj-text>",
    "&nbsp;&lt;&amp;lt;",
    "&",
    "10\u00a0000",
    "Göta\u00adland",
    "👩\u200d💻❤\ufe0f",
    "e\u0301",
    "\u202eomvänt",
    "\x00\x07\x1b\x92",
    "\ud800",
    "x" * 300,
    "\\n\\u{a0}\\",
    "{0} {x} %s %(y)s",
    ADDRESS_SLOT,
    "NLSLOT\u00adTOKENX",
    TOKEN_SLOT.lower(),
    ' nl-at="x:1"',
    "\r\nBcc: x",
    "https://www.example.org/?a=1&b=2",
    "- a\n- b",
    "   ",
    "",
]
#: All that our templates make, and Markdown; a text makes no others.
TAGS = (
    "html head title meta style body div table tbody tr td p h1 h2 h3 ul ol li a br span img em "
    "strong"
)
any_text = st.lists(
    st.one_of(st.sampled_from(SAMPLES), st.text(max_size=12)), min_size=1, max_size=3
).map(" ".join)
pictures = st.none() | st.builds(
    PictureContent,
    sha256=st.just("ab" * 32),
    media_type=st.sampled_from(["image/jpeg", "image/png", "image/gif"]),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    alt=any_text,
    caption=any_text,
    credit=any_text,
)
stories = st.builds(
    StoryContent,
    item_id=st.integers(1, 10**9),
    title=any_text,
    published_on=st.none() | st.dates(),
    text=any_text,
    url=st.just("https://www.example.org/x"),
    link_text=any_text,
    language=st.sampled_from(["sv", "en", "ar", "x", '"<b>']),
    is_lead=st.booleans(),
    picture=pictures,
)


def shown(text: str) -> str:
    """What a reader sees of a text: no blanks, nothing invisible."""
    return "".join(without_controls(text).split())


def on_the_terminal(text: str) -> str:
    return re.sub("[\u00ad\u200b\u2060]", "", shown(text))


def attempt(content: IssueContent) -> RenderedIssue | None:
    """Render, or None where the editor has to mend a text; never is a template blamed for one."""
    try:
        return render(content, theme=THEME, templates=TEMPLATES)
    except RenderingError as error:
        if "has no title" in str(error) or "holds the word NLSLOT" in str(error):
            return None
        raise


@given(story=stories, other=any_text)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hostile_text_is_shown_as_typed_or_refused(story: StoryContent, other: str) -> None:
    content = make_issue_content(
        subject=other,
        preheader=other,
        editorial=other,
        signature_name=other,
        contact=other,
        stories=[story, make_story()],
        calendar=(make_event(title=story.title, place=other, text=other),),
    )

    issue = attempt(content)
    if issue is None:
        return

    root = lxml.html.document_fromstring(issue.html)
    titles = [shown(heading.text_content()) for heading in root.iter("h3")]
    assert titles == [shown(t) for t in (story.title, make_story().title, story.title)]
    if story.picture:
        assert shown(next(root.iter("img")).get("alt")) == shown(story.picture.alt)
    for text in (story.title, story.text, other):
        assert shown(text) in shown(root.find("body").text_content())
        assert on_the_terminal(text) in "".join(issue.text.split())
    assert issue.html.count(TOKEN_SLOT) == issue.html.count(ADDRESS_SLOT) == 1
    assert issue.text.count(TOKEN_SLOT) == issue.text.count(ADDRESS_SLOT) == 1
    tags = {element.tag for element in root.iter(etree.Element)}
    assert tags <= set(TAGS.split())
    for form in (issue.html, issue.text, issue.web_article, issue.feed_entry):
        form.encode()
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", form)


@given(title=any_text)
@settings(deadline=None, max_examples=60)
def test_hostile_text_on_the_web_is_only_text(title: str) -> None:
    story = make_story(title=title, text=title, picture=make_picture(alt=title, caption=title))
    content = make_issue_content(stories=[story], calendar=())

    issue = attempt(content)
    if issue is None:
        return

    for form in (issue.web_article, issue.feed_entry):
        root = lxml.html.fragment_fromstring(form, create_parent="div")
        assert shown(root.findtext(".//h3")) == shown(title)
        assert root.find(".//script") is None
        attributes = {name for element in root.iter(etree.Element) for name in element.attrib}
        assert not [name for name in attributes if name.startswith("on")]
