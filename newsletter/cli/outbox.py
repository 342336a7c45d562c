"""`newsletter outbox`: mails about a subscription, and what became of them."""

from __future__ import annotations

from typing import Annotated

import cyclopts
from cyclopts import Parameter, validators

from newsletter.cli.command import DONE, FAILED, Common
from newsletter.delivery import outbox, signals
from newsletter.delivery.reasons import NAMES, Reason
from newsletter.errors import NoSuchError, UnsafeError
from newsletter.worker import post
from subscribers import addresses, audit

program = cyclopts.App(name="outbox", help="Mails about a subscription that wait or are uncertain.")


@program.command(name="list")
def list_(
    *,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 50,
    common: Common | None = None,
) -> None:
    """List the mails that are not done with: the uncertain first, then those that wait.

    Example: newsletter outbox list

    Parameters
    ----------
    limit
        Show at most so many.
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        mails = outbox.open_mails(session, limit=limit)
    zone = app.settings.zone
    listed = [
        {
            "id": mail.id,
            "kind": mail.kind,
            "address": addresses.masked(mail.address),
            "state": mail.state.value,
            "reason": mail.reason,
            "requested_at": mail.created_at.isoformat(),
            "attempts": mail.attempts,
            "next_attempt_at": mail.next_attempt_at and mail.next_attempt_at.isoformat(),
            "message_id": mail.message_id,
            "last_reply": mail.last_reply,
        }
        for mail in mails
    ]
    if not mails:
        out.say("Nothing waits in the outbox, and nothing is uncertain.")
    else:
        out.table(
            ["mail", "kind", "address", "state", "since", "what is known"],
            [
                (
                    mail.id,
                    mail.kind,
                    addresses.masked(mail.address),
                    out.language.gettext(mail.state.value),
                    out.language.moment(mail.created_at, zone),
                    mail.last_reply
                    or (out.language.say(NAMES[Reason(mail.reason)]) if mail.reason else ""),
                )
                for mail in mails
            ],
        )
    out.result(listed)


@program.command
def send(*, common: Common | None = None) -> int:
    """Send what is due now. `newsletter serve` and `newsletter worker` do so by themselves.

    Example: newsletter outbox send
    """
    app, out = (common or Common()).open_for_all()
    post.queue_confirmations(app)
    pause = signals.run(lambda stop: post.empty(app, stop=stop))
    with app.database.reading() as session:
        left = len(outbox.open_mails(session, limit=1000))
    if pause is not None:
        out.sentence(pause.sentence)
    out.say("{n} mail is left.", plural="{n} mails are left.", n=left)
    out.result({"left": left, "stopped_because": pause.sentence.in_english() if pause else None})
    return DONE if pause is None else FAILED


@program.command
def resend(
    mail: int,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Send an uncertain mail again, to somebody who may have got it already.

    Example: newsletter outbox resend 12 --yes

    Parameters
    ----------
    mail
        Its number in newsletter outbox list.
    yes
        They may get it twice; needed.
    """
    app, out = (common or Common()).open_for_all()
    if not yes:
        raise UnsafeError(
            "Somebody may get mail {n} twice. Nothing was changed. Add --yes if that is meant.",
            n=mail,
        )
    with app.database.writing() as session:
        if not outbox.resend(session, mail, now=app.clock()):
            raise NoSuchError(
                "No mail in the outbox with the number {n} is uncertain. Nothing was changed. "
                "See them: newsletter outbox list",
                n=mail,
            )
        audit.record(
            session,
            at=app.clock(),
            actor=app.actor,
            action="outbox.resent",
            subject=f"service_mail:{mail}",
            details={},
        )
    out.say("It waits again, and goes with the next round.")
    out.result({"requeued": mail})
