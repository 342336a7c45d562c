"""`newsletter newsletters`: which newsletters there are, and what each is called and sent from.

They stand in the settings file; what is changed here is written there, comments and all the rest
left as they are.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

import cyclopts
import sqlalchemy as sa
import tomlkit
from cyclopts import Parameter
from tomlkit.items import Table

from newsletter import settings as settings_module
from newsletter.cli import settings_file
from newsletter.cli.command import Common, Output
from newsletter.errors import UsageError
from newsletter.models import Issue
from newsletter.settings import DEFAULT_FILE, Settings
from subscribers import audit
from subscribers.models import Subscription, SubscriptionState

program = cyclopts.App(name="newsletters", help="Say which newsletters there are.")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Fields:
    """What a newsletter is called and sent from; what is not given is as in [newsletter].

    Parameters
    ----------
    name
        As readers see it.
    language
        The language its issues are written in: sv or en.
    theme
        How it looks.
    zone
        Of its dates and clock times, like Europe/Stockholm.
    from_name
        From whom issues come.
    from_address
        From which address.
    reply_to
        Where answers go.
    list_id
        What mail programs sort it by; never changed once it has readers.
    unsubscribe_address
        Mailbox for leaving by mail.
    envelope_sender
        Where bounces go.
    """

    name: str | None = None
    language: Annotated[Literal["sv", "en"] | None, Parameter(name="--language")] = None
    theme: str | None = None
    zone: str | None = None
    from_name: str | None = None
    from_address: str | None = None
    reply_to: str | None = None
    list_id: str | None = None
    unsubscribe_address: str | None = None
    envelope_sender: str | None = None

    def given(self) -> dict[str, str]:
        """Return those that were given."""
        return {
            name: value for name, value in dataclasses.asdict(self).items() if value is not None
        }


@program.command
def add(slug: str, /, *, fields: Fields | None = None, common: Common | None = None) -> None:
    """Add a newsletter beside the first: it is written into the settings file.

    Example: newsletter newsletters add forskning --name "Forskningsnytt"

    Parameters
    ----------
    slug
        Its name in commands and addresses, like forskning; never changed.
    """
    common = common or Common()
    values = (fields or Fields()).given()
    if not values.get("name", "").strip():
        raise UsageError("A newsletter needs a name. Nothing was done. Write: --name NAME")
    path = common.config or DEFAULT_FILE

    def put(document: tomlkit.TOMLDocument) -> None:
        table = tomlkit.table()
        table.update({"slug": slug} | values)
        # A blank line before it.
        table.trivia.indent = "\n"
        if "newsletters" not in document:
            document.append("newsletters", tomlkit.aot())
        settings_file.newsletters(document).append(table)

    after = settings_file.change(path, put)
    out = _keep(common, after, slug, "newsletter.added", values)
    out.say("{slug} is added to {path}:", slug=slug, path=str(path))
    _show_changes(out, dict.fromkeys(values, ""), values)
    out.say(
        "Its pages are at {url} once newsletter serve and newsletter worker are started anew.",
        url=after.base_url + after.of(slug).newsletter.path,
    )
    out.result({"slug": slug, "added": values})


@program.command
def edit(slug: str, /, *, fields: Fields | None = None, common: Common | None = None) -> None:
    """Change what a newsletter is called or sent from, in the settings file.

    Example: newsletter newsletters edit forskning --from-name "Forskningsavdelningen"

    Parameters
    ----------
    slug
        The newsletter, as newsletter newsletters list shows it.
    """
    common = common or Common()
    values = (fields or Fields()).given()
    if not values:
        raise UsageError("Nothing to change was named. Nothing was done. See: --help")
    path = common.config or DEFAULT_FILE
    before = settings_module.load(path).of(slug)

    def put(document: tomlkit.TOMLDocument) -> None:
        _table_of(document, slug).update(values)

    after = settings_file.changed(path, put).of(slug)
    # It follows the from address where it is not set, and readers' filters would lose it.
    if after.sender.list_id != before.sender.list_id and "list_id" not in values:
        values["list_id"] = before.sender.list_id
    after = settings_file.change(path, put)
    out = _keep(common, after, slug, "newsletter.edited", values)
    out.say("{slug} is changed in {path}:", slug=slug, path=str(path))
    old = {name: str(getattr(before.newsletter, name)) for name in values}
    _show_changes(out, old, values)
    out.say("It holds once newsletter serve and newsletter worker are started anew.")
    out.result({"slug": slug, "before": old, "after": values})


@program.command(name="list")
def list_(*, common: Common | None = None) -> None:
    """List the newsletters, the first one first.

    Example: newsletter newsletters list
    """
    app, out = (common or Common()).open_for_all()
    shown = []
    for row, one in app.newsletters.items():
        with app.database.reading() as session:
            issues = session.scalar(
                sa.select(sa.func.count(Issue.id)).where(Issue.newsletter_id == row)
            )
            active = session.scalar(
                sa.select(sa.func.count(Subscription.id)).where(
                    Subscription.newsletter_id == row,
                    Subscription.state == SubscriptionState.ACTIVE,
                )
            )
        ours = one.settings.newsletter
        shown.append(
            {
                "slug": ours.slug,
                "name": ours.name,
                "language": ours.language,
                "from": f"{ours.from_name} <{ours.from_address}>",
                "issues": issues or 0,
                "active": active or 0,
            }
        )
    out.table(
        ("slug", "name", "language", "from", "issues", "active"),
        [tuple(one.values()) for one in shown],
    )
    out.result(shown)


def _table_of(document: tomlkit.TOMLDocument, slug: str) -> Table:
    for table in settings_file.newsletters(document):
        if table.get("slug") == slug:
            assert isinstance(table, Table)  # noqa: S101 - an array of tables holds nothing else
            return table
    if "newsletter" not in document:
        document.append("newsletter", tomlkit.table())
    first = document["newsletter"]
    assert isinstance(first, Table)  # noqa: S101 - the settings were read, so it is one
    return first


def _keep(
    common: Common, settings: Settings, slug: str, action: str, values: dict[str, str]
) -> Output:
    """Give the newsletter its row, and note who changed what."""
    app, out = common.of(settings.of(slug))
    # Asked for its number, a new one gets its row.
    number = app.newsletter_id
    with app.database.writing() as session:
        audit.record(
            session,
            at=app.clock(),
            actor=app.actor,
            action=action,
            subject=f"newsletter:{slug}",
            details={"number": number, "fields": sorted(values)},
        )
    return out


def _show_changes(out: Output, before: dict[str, str], after: dict[str, str]) -> None:
    out.table(
        ("setting", "before", "now"),
        [(name, before[name] or "–", value or "–") for name, value in after.items()],
    )
