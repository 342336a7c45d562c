"""Every error is one sentence with the right exit code; never a traceback."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from newsletter.cli.command import run
from newsletter.cli.main import program as newsletter_program
from tests.newsletter.cli.conftest import Command


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('langage = "sv"', "Did you mean language?"),
        ('[newsletter]\nnam = "x"', "Did you mean name?"),
        ('language = "de"', "has no meaning"),
        ("listen_port = 99999", "has no meaning"),
        ('base_url = "nyhetsbrev"', "https://nyhetsbrev.example.org"),
        ('[newsletter]\nzone = "Mars/Olympus"', "Mars/Olympus"),
        ("this is not TOML", "not valid TOML"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    newsletter: Command, config: Path, line: str, said: str
) -> None:
    config.write_text(config.read_text("utf-8") + line + "\n", "utf-8")

    refused = newsletter("issues", "list")

    assert refused.code == 2
    assert said in refused.err
    assert "Traceback" not in refused.err


def test_a_misspelt_variable_is_named(newsletter: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SMPT_URL", "smtp://smtp.example.org")

    refused = newsletter("issues", "list")

    assert refused.code == 2
    assert "smtp_url" in refused.err


def test_a_folder_without_settings_is_not_made_into_a_second_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = run(newsletter_program, ["issues", "list", "--lang", "en"])

    assert code == 2
    assert "newsletter init" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_init_writes_secrets_for_its_owner_alone_and_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    first = run(newsletter_program, ["init"])
    written = (tmp_path / "newsletter.toml").read_text("utf-8")
    second = run(newsletter_program, ["init", "--lang", "en"])

    assert (first, second) == (0, 2)
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "newsletter.toml").read_text("utf-8") == written
    assert "@" not in written.partition("secret = ")[2].partition("[organisation]")[0]
    assert stat.S_IMODE((tmp_path / "newsletter.toml").stat().st_mode) == 0o600
    assert run(newsletter_program, ["issues", "list"]) == 0


def test_a_template_error_names_the_template_and_the_line(
    newsletter: Command, config: Path, draft: str, tmp_path: Path
) -> None:
    own = tmp_path / "own" / "email" / "issue"
    own.mkdir(parents=True)
    (own / "body.txt").write_text("Hej\n{{ issue.misspelt }}\n", "utf-8")
    config.write_text('templates_dir = "own"\n' + config.read_text("utf-8"), "utf-8")

    refused = newsletter("issues", "check", draft)

    assert refused.code == 1
    assert "body.txt" in refused.err
    assert "2" in refused.err
    assert "Traceback" not in refused.err


def test_an_error_nobody_expected_is_told_in_one_sentence_and_shown_with_debug(
    newsletter: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_arguments: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("newsletter.issues.composing.every", break_down)

    told = newsletter("issues", "list")

    assert told.code == 1
    assert "--debug" in told.err
    assert "Traceback" not in told.err
    with pytest.raises(ZeroDivisionError):
        newsletter("issues", "list", "--debug")


def test_errors_are_told_in_swedish_unless_asked_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    run(newsletter_program, ["issues", "list"])

    assert capsys.readouterr().err.startswith("Fel: Det finns ingen newsletter.toml i ")


def test_a_database_that_is_none_is_explained(
    newsletter: Command, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.db").write_bytes(
        b"this is not a database, but long enough to look like one" * 99
    )
    config.write_text(
        config.read_text("utf-8").replace(
            config.read_text("utf-8").splitlines()[0], 'database_url = "sqlite:///broken.db"'
        ),
        "utf-8",
    )

    refused = newsletter("issues", "list")

    assert refused.code == 1
    assert "database" in refused.err
    assert "Traceback" not in refused.err


def test_another_suppression_key_is_noticed_before_anybody_is_added(
    subscribers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = ("--basis", "consent", "--source", "test")
    assert subscribers("add", "kim@example.org", *ground).code == 0
    monkeypatch.setenv("NEWSLETTER_SUPPRESSION_SECRET", "a key that was made for another database")

    refused = subscribers("add", "lo@example.org", *ground)

    assert refused.code == 4
    assert "suppression_secret" in refused.err
    monkeypatch.delenv("NEWSLETTER_SUPPRESSION_SECRET")
    assert subscribers("stats", "--json").json["active"] == 1
