"""`newsletter issues ask-review`: have somebody else read an issue before it is approved."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from newsletter import reviewing
from newsletter.cli.command import Common
from newsletter.issues import composing
from newsletter.users import accounts


def ask_review(
    issue: str,
    /,
    *,
    of: Annotated[str, Parameter(name="--of")],
    question: str = "",
    common: Common | None = None,
) -> None:
    """Ask a user of the desk to read an issue; they approve it or send it back on a page.

    They get a mail with the text. Any change of the issue voids the question.

    Example: newsletter issues ask-review 2026-02 --of robin.exempel@example.org

    Parameters
    ----------
    of
        The address of who is asked.
    question
        What they should look at.
    """
    app, out = (common or Common()).open()
    _ = app.press, app.newsletter_id
    with app.database.writing() as session:
        reviewer = accounts.find(session, of)
        review = reviewing.ask(
            session,
            app,
            composing.find(session, app.newsletter_id, issue),
            reviewer,
            by=app.actor,
            question=question,
        )
        session.flush()
    out.say("{name} is asked to read issue {issue}.", name=reviewer.name, issue=issue)
    out.result(
        {"id": issue, "review": review.id, "reviewer": reviewer.name, "sha256": review.sha256}
    )
