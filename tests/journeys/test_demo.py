"""`make demo`: the main job through the real commands, real SMTP and real HTTP; only once."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from pathlib import Path

import pytest

from newsletter import settings
from newsletter.cli.command import run
from newsletter.cli.demo import run as demo_run
from newsletter.cli.demo import sample
from newsletter.cli.main import program as newsletter_program


def received(folder: Path) -> Counter[str]:
    return Counter(
        str(email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["To"])
        for file in (folder / "mailbox").glob("*.eml")
    )


def test_the_demo_reaches_everybody_once_lets_one_leave_and_sends_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    left_out = {*sample.LEFT, *sample.SUPPRESSED}
    everybody = [sample.address(n) for n in range(1, sample.READERS + 1) if n not in left_out]

    first = run(newsletter_program, ["demo", str(folder), "--lang", "en"])
    told = capsys.readouterr().out
    mails = received(folder)
    second = run(newsletter_program, ["demo", str(folder), "--lang", "en"])

    assert (first, second) == (0, 0)
    assert mails == Counter(everybody)
    assert "21 recipients = 21 accepted + 0 refused + 0 skipped + 0 uncertain + 0 waiting" in told
    assert "20 readers would get the issue." in told
    assert "nothing is sent twice" in capsys.readouterr().out
    assert received(folder) == mails
    ours = settings.load(folder / "newsletter.toml")
    # Where it says that the pages will be, `newsletter serve` has them.
    assert ours.base_url.endswith(f":{ours.listen_port}")


def test_a_demo_that_was_stopped_goes_on_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"

    def stop(_demo: demo_run.Demo) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(demo_run.Demo, "_subscribe", stop)
        stopped = run(newsletter_program, ["demo", str(folder)])
    finished = run(newsletter_program, ["demo", str(folder)])

    assert (stopped, finished) == (1, 0)
    assert sum(received(folder).values()) == 21
