"""`subscribers retention`: destroy what has been kept long enough."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from newsletter.cli.command import Common
from newsletter.rights import retention as rules


def retention(
    *, dry_run: Annotated[bool, Parameter(negative="")] = False, common: Common | None = None
) -> None:
    """Destroy what the rules in the settings say has been kept long enough.

    A rule is a [[retention]] table in newsletter.toml: rule, days, and the reference of the
    decision to destroy. Without rules, or by a rule without a decision, nothing goes. The worker
    does this every night. What went is in the log: subscribers audit list --action retention

    Example: subscribers retention --dry-run

    Parameters
    ----------
    dry_run
        Say what would go, and destroy nothing.
    """
    app, out = (common or Common()).open_for_all()
    done = rules.would_purge(app) if dry_run else rules.purge(app, actor=app.actor)
    if done:
        out.table(
            ("rule", "what", "older than days", "decision", "rows"),
            [
                (
                    purged.rule,
                    out.language.say(purged.title),
                    purged.days,
                    purged.decision or out.language.gettext("none: nothing goes"),
                    out.language.number(purged.count),
                )
                for purged in done
            ],
        )
    else:
        out.say("There are no rules, so everything is kept. Write them as [[retention]] tables.")
    if dry_run:
        out.say("Nothing was changed.")
    out.result(
        {
            "dry_run": dry_run,
            "rules": [
                {
                    "rule": purged.rule,
                    "days": purged.days,
                    "decision": purged.decision,
                    "count": purged.count,
                }
                for purged in done
            ],
        }
    )
