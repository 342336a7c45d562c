"""`newsletter dkim`: the keys our mail is signed with."""

from __future__ import annotations

from pathlib import Path

import cyclopts

from newsletter.cli.command import Common, Output
from newsletter.delivery import dkim_keys
from newsletter.delivery.dkim_keys import DnsRecord

program = cyclopts.App(name="dkim", help="Make and show the keys that sign mail.")


@program.command
def create_key(
    *,
    selector: str = "",
    file: Path | None = None,
    ed25519: bool = False,
    common: Common | None = None,
) -> None:
    """Make a key, and say what to put into the DNS and the settings.

    Nothing is signed with it before it stands in the settings.

    Example: newsletter dkim create-key

    Parameters
    ----------
    selector
        The name of the key in the DNS; this year and month if not given.
    file
        Where the private key goes; dkim-SELECTOR.pem beside the settings if not given.
    ed25519
        A key for a second signature beside RSA; not all receivers know it.
    """
    common = common or Common()
    app, out = common.open_for_all()
    selector = selector or dkim_keys.new_selector(app.today, is_ed25519=ed25519)
    folder = common.config.parent if common.config else Path()
    file = file or folder / f"dkim-{selector}.pem"
    key = dkim_keys.create(file, selector=selector, is_ed25519=ed25519)
    domain = app.settings.dkim.domain or app.settings.sender.from_address.rpartition("@")[2]
    record = dkim_keys.record(key, domain)
    out.say("The private key is in {path}; keep a copy in a safe place.", path=str(file))
    _print(out, [record])
    out.say("Once the DNS shows it, add this to the settings:")
    prefix = "ed25519_" if ed25519 else ""
    out.plain(f'\n[dkim]\n{prefix}selector = "{selector}"\n{prefix}key_file = "{file.resolve()}"\n')
    out.say("Leave an older key in the DNS for a week: mail signed with it is still on its way.")
    out.result({"selector": selector, "file": str(file), **_as_json(record)})


@program.command
def show(*, common: Common | None = None) -> None:
    """Show what the DNS must hold for the keys in the settings.

    Example: newsletter dkim show
    """
    app, out = (common or Common()).open_for_all()
    signer = dkim_keys.signer(app.settings.dkim, from_address=app.settings.sender.from_address)
    if signer is None:
        out.say("Messages are not signed here. Where the mail server does not sign them either, "
                "make a key: newsletter dkim create-key")  # fmt: skip
        out.result([])
        return
    records = [dkim_keys.record(key, signer.domain) for key in signer.keys]
    _print(out, records)
    out.result([_as_json(record) for record in records])


def _print(out: Output, records: list[DnsRecord]) -> None:
    out.say("This must be in the DNS:")
    for record in records:
        out.plain(f"\n{record.line}\n")


def _as_json(record: DnsRecord) -> dict[str, str]:
    return {"name": record.name, "value": record.value}
