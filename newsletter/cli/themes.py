"""`newsletter theme`: how a mail looks, and whether everybody can read it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import cyclopts

from newsletter import rendering
from newsletter.app import App
from newsletter.cli.command import DONE, REFUSED, Common, Output
from newsletter.cli.demo import sample
from newsletter.cli.files import write_whole
from newsletter.content import IssueContent
from newsletter.content_json import issue_from_json
from newsletter.rendering import Theme
from newsletter.rendering.contrast import Pair
from newsletter.rendering.preview_page import theme_page

#: Below `templates/`.
SAMPLE = "sample/issue.toml"

program = cyclopts.App(
    name="theme", help="See how a mail looks, and whether everybody can read it."
)


@program.command
def check(name: str | None = None, /, *, common: Common | None = None) -> int:
    """Show the contrast of every pair of colours that meets in a mail, by day and by night.

    Exits with 4 where a pair is below what WCAG 2.2 AA asks for.

    Example: newsletter theme check saklig

    Parameters
    ----------
    name
        Which theme; all there are if not given.
    """
    app, out = (common or Common()).open_for_all()
    names = [name] if name else rendering.theme_names(app.templates)
    themes = {each: rendering.read_theme(app.templates, each) for each in names}
    for each, theme in themes.items():
        _print(out, each, theme)
    out.result({each: [_as_json(pair) for pair in theme.pairs] for each, theme in themes.items()})
    sound = all(pair.can_be_told_apart for theme in themes.values() for pair in theme.pairs)
    return DONE if sound else REFUSED


@program.command
def preview(
    name: str | None = None, /, *, file: Path | None = None, common: Common | None = None
) -> None:
    """Write one page with every pair of colours and a sample issue in every view.

    Example: newsletter theme preview gra

    Parameters
    ----------
    name
        Which theme; that of the settings if not given.
    file
        Where the page goes; theme-NAME.html in this folder if not given.
    """
    app, out = (common or Common()).open_for_all()
    name = name or app.settings.newsletter.theme
    theme = rendering.read_theme(app.templates, name)
    content = _sample(app)
    pictures = {
        content.picture_url(story.picture): sample.picture()
        for story in content.stories
        if story.picture
    }
    if theme.logo:
        pictures |= {
            content.picture_url(each): theme.logo.files[each.sha256]
            for each in (theme.logo.light, theme.logo.dark)
        }
    rendered = rendering.render(content, theme=theme, templates=app.templates)
    page = theme_page(theme, rendered, pictures, language=out.language, templates=app.templates)
    file = file or Path(f"theme-{name}.html")
    write_whole(file, page.encode())
    out.plain(str(file))
    out.result({"files": [str(file)]})


def _sample(app: App) -> IssueContent:
    """Return the sample issue, as if it were one of this newsletter."""
    ours = app.settings.newsletter
    values = tomllib.loads(app.templates.find(SAMPLE).read_text(encoding="utf-8"))
    around = {
        "newsletter_name": ours.name,
        "organisation": app.settings.organisation.model_dump(),
        "base_url": app.settings.base_url,
        "reply_to": ours.reply_to,
        "zone": ours.zone,
    }
    return issue_from_json(json.dumps(values | around, default=lambda day: day.isoformat()))


def _print(out: Output, name: str, theme: Theme) -> None:
    say = out.language.gettext
    out.plain(f"{theme.name} ({name})")
    out.table(
        ["", "colours", "contrast", "least", "judgement"],
        [
            (
                say("day") if pair.scheme == "light" else say("night"),
                f"{pair.over} {pair.over_colour} / {pair.under} {pair.under_colour}",
                out.language.number(pair.ratio),
                out.language.number(pair.least),
                say("enough") if pair.can_be_told_apart else say("TOO LITTLE"),
            )
            for pair in theme.pairs
        ],
    )
    poor = [pair for pair in theme.pairs if not pair.can_be_told_apart]
    if poor:
        out.say(
            "{n} pair cannot be told apart. No mail is made with this theme before it is mended.",
            plural="{n} pairs cannot be told apart. No mail is made with this theme before they "
            "are mended.",
            n=len(poor),
        )
    else:
        lowest = min(theme.pairs, key=lambda pair: pair.ratio / pair.least)
        out.say(
            "Every pair can be told apart. The closest call is {over} on {under}: {ratio}.",
            over=f"{lowest.scheme}.{lowest.over}",
            under=f"{lowest.scheme}.{lowest.under}",
            ratio=out.language.number(lowest.ratio),
        )
    out.plain()


def _as_json(pair: Pair) -> dict[str, Any]:
    return {
        "scheme": pair.scheme,
        "over": {"use": pair.over, "colour": pair.over_colour},
        "under": {"use": pair.under, "colour": pair.under_colour},
        "contrast": pair.ratio,
        "least": pair.least,
        "enough": pair.can_be_told_apart,
    }
