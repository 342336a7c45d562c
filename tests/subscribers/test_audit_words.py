"""What is logged is told in words."""

from __future__ import annotations

import re
from pathlib import Path

from subscribers.audit_words import ACTION_NAMES

ROOT = Path(__file__).parents[2]


def test_whatever_is_logged_has_a_name() -> None:
    source = "".join(
        file.read_text(encoding="utf-8")
        for package in ("newsletter", "subscribers")
        for file in (ROOT / package).rglob("*.py")
    )
    subjects = "|".join({action.partition(".")[0] for action in ACTION_NAMES})

    logged = re.findall(
        rf'(?:action=|ACTION = |action = |, )"((?:{subjects})\.(?!html)[a-z_]+)"', source
    )

    assert len(set(logged)) > 20
    assert set(logged) <= set(ACTION_NAMES)
