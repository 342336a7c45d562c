"""`newsletter issues check|accept|approve`: see what is left to mend, and freeze an issue."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from newsletter.app import App
from newsletter.cli.command import DONE, REFUSED, Common, Output
from newsletter.issues import checking, composing, link_checking, proof
from newsletter.issues.hints import Hint, Severity
from newsletter.issues.proof import Proof


def check(
    issue: str,
    /,
    *,
    fix: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    links: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> int:
    """Show what should be mended: red blocks approval, yellow needs a reason, grey advises.

    Exits with 4 while red hints are left.

    Example: newsletter issues check 2026-02 --fix LINKTEXT

    Parameters
    ----------
    fix
        Make the suggested change for every hint with this code.
    links
        Look first where each link leads. The worker does so by itself, some times a day.
    """
    app, out = (common or Common()).open()
    if links:
        _check_links(app, out, issue)
    if fix:
        _fix(app, out, issue, set(fix))
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        pulled = proof.pull(session, found, app.press)
        unseen = link_checking.stale(
            session, link_checking.links_in(pulled.content), now=app.clock()
        )
    _print_hints(out, pulled)
    if unseen:
        out.say(
            "{n} link has not been looked at lately: newsletter issues check {issue} --links",
            plural="{n} links have not been looked at lately: "
            "newsletter issues check {issue} --links",
            n=len(unseen),
            issue=issue,
        )
    without_dictionary = sorted(
        {story.language for story in pulled.content.stories} - set(app.press.dictionaries)
    )
    if without_dictionary:
        out.say(
            "Spelling was not checked in: {languages}. There is no dictionary for it here.",
            languages=", ".join(without_dictionary),
        )
    counts = {
        severity.value: sum(hint.severity is severity for hint in pulled.hints)
        for severity in Severity
    }
    out.result(
        counts
        | {
            "open": len(pulled.open_hints),
            "unseen_links": len(unseen),
            "spelling_not_checked": without_dictionary,
            "hints": [_as_json(out, h) for h in pulled.hints],
        }
    )
    return REFUSED if counts["red"] else DONE


def accept(
    issue: str,
    code: str,
    /,
    *,
    reason: str,
    name: str,
    item: int | None = None,
    common: Common | None = None,
) -> None:
    """Let a yellow hint stand, with a reason and a name.

    Holds for exactly the words it was given for; other words need a new one.

    Example: newsletter issues accept 2026-02 SUBJECT --reason "Rätt ändå" --name "Kim Exempel"

    Parameters
    ----------
    item
        Only the hint about this item; all with the code if not given.
    """
    app, out = (common or Common()).open()
    press = app.press
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        pulled = proof.pull(session, found, press)
        count = checking.accept(
            session,
            found,
            code=code,
            item_id=item,
            found=pulled.hints,
            reason=reason,
            name=name,
            now=app.clock(),
        )
    out.say("Accepted {n} hint.", plural="Accepted {n} hints.", n=count)
    out.result({"accepted": count})


def approve(issue: str, /, *, name: str | None = None, common: Common | None = None) -> None:
    """Freeze an issue exactly as it is now; any later change makes it a draft again.

    Exits with 4 while red hints, or yellow ones that nobody accepted, are left.

    Example: newsletter issues approve 2026-02 --name "Kim Exempel"

    Parameters
    ----------
    name
        Who approves; the signed-in user of this machine if not given.
    """
    app, out = (common or Common()).open()
    press = app.press
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        frozen = proof.approve(
            session, found, press, name=name or app.actor, actor=app.actor, now=app.clock()
        )
    out.say("Issue {issue} is approved and frozen ({hash}…).", issue=issue, hash=frozen.sha256[:12])
    out.say("Next: newsletter issues test {issue} --to … and newsletter issues send {issue}",
            issue=issue)  # fmt: skip
    out.result({"id": issue, "state": "approved", "sha256": frozen.sha256})


def _check_links(app: App, out: Output, name: str) -> None:
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, name)
        urls = link_checking.links_in(proof.content(session, found, app.press))
    link_checking.check(
        app.database,
        app.fetcher,
        urls,
        clock=app.clock,
        tell=lambda url: out.say("Looking at {url}", url=url),
    )


def _fix(app: App, out: Output, name: str, codes: set[str]) -> None:
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        mended = proof.mend(session, issue, app.press, codes)
    for hint in mended:
        out.say(
            "Mended {code}: “{value}”", code=hint.code, value=hint.fix.value if hint.fix else ""
        )
    if not mended:
        out.say("There was nothing to mend by itself.")


def _print_hints(out: Output, pulled: Proof) -> None:
    say = out.language.gettext
    rows = []
    for hint in pulled.hints:
        accepted = hint not in pulled.open_hints
        rows.append(
            (
                say("accepted") if accepted else say(hint.severity.value),
                hint.code,
                _place(out, hint),
                out.language.say(hint.message),
            )
        )
    if rows:
        out.table(["", "hint", "place", "message"], rows)
        out.plain()
    red = sum(hint.severity is Severity.RED for hint in pulled.open_hints)
    yellow = sum(hint.severity is Severity.YELLOW for hint in pulled.open_hints)
    if red or yellow:
        out.say(
            "{red} red and {yellow} yellow hints are left. The issue cannot be approved yet.",
            red=red,
            yellow=yellow,
        )
    elif not pulled.content.stories and not pulled.content.calendar:
        out.say("There is nothing in the issue yet.")
    else:
        out.say("The issue is ready to be approved.")


def _place(out: Output, hint: Hint) -> str:
    field = out.language.gettext(hint.place.field.replace("_", " "))
    if hint.place.item_id is None:
        return field
    return f"{out.language.gettext('item')} {hint.place.item_id} · {field}"


def _as_json(out: Output, hint: Hint) -> dict[str, Any]:
    return {
        "code": hint.code,
        "severity": hint.severity.value,
        "place": str(hint.place),
        "item": hint.place.item_id,
        "message": out.language.say(hint.message),
        "fixable": hint.fix is not None,
    }
