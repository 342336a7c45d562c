"""Every mail before the Nu HTML checker: what it calls an error is one, or is written down here."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from newsletter.rendering import views
from tests.golden_mails import golden_mails
from tests.tools import VNU_JAR, found, needs, needs_file

pytestmark = [needs("java"), needs_file(VNU_JAR)]

#: What a page must not hold and a mail must, with why.
MEANT = {
    r"CSS: “mso-[\w-]+”: Property “mso-[\w-]+” doesn't exist\.": "Outlook for Windows reads them",
    r"CSS: “supported-color-schemes”: .*": "Apple Mail before 2020 reads it",
    r"Attribute “xmlns:[vo]” not allowed here\.": "Outlook for Windows reads what they announce",
}


def test_the_checker_finds_no_error(tmp_path: Path) -> None:
    for number, mail in enumerate(golden_mails()):
        (tmp_path / f"{number}.html").write_text(mail.html, encoding="utf-8")
    cut = views.in_a_web_page(golden_mails()[0].html)
    (tmp_path / "cut.html").write_text(cut, encoding="utf-8")

    errors = errors_in([*tmp_path.iterdir()])

    assert [error for error in errors if not any(re.fullmatch(form, error) for form in MEANT)] == []
    assert [form for form in MEANT if not any(re.fullmatch(form, error) for error in errors)] == []


def test_the_checker_is_awake(tmp_path: Path) -> None:
    file = tmp_path / "broken.html"
    file.write_text("<!DOCTYPE html><title>x</title><p><table><td>x</p>", encoding="utf-8")

    assert errors_in([file])


def errors_in(files: list[Path]) -> set[str]:
    """Return what the checker says of some files; it starts once for all of them."""
    program = found("java")
    assert program, "java is not installed: apt-get install default-jre-headless"
    checker = [program, "-jar", str(VNU_JAR), "--format", "json", "--exit-zero-always"]
    ran = subprocess.run([*checker, *map(str, files)], capture_output=True, check=True)
    messages = json.loads(ran.stderr)["messages"]
    return {m["message"] for m in messages if m["type"] != "info"}
