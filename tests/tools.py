"""Programs that some tests need and pip cannot install.

`.ci/run` installs them and sets CI_NEEDS_EVERY_TOOL, so that there nothing is left out
unseen. Elsewhere the tests that need them say that they did not run.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

#: Where Debian keeps what only daemons run.
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def found(program: str) -> str | None:
    """Return where a program is; None if it is not installed."""
    return shutil.which(program, path=_PATH)


def needs(program: str) -> pytest.MarkDecorator:
    """Leave a test out, and say so, where a program is missing; fail where all must be there."""
    is_left_out = found(program) is None and "CI_NEEDS_EVERY_TOOL" not in os.environ
    return pytest.mark.skipif(is_left_out, reason=f"{program} is not installed; .ci/run has it")


#: Where `.ci/run` puts what npm has: `tests/npm-packages.txt`.
NPM_FOLDER = Path(os.environ.get("CI_NPM_FOLDER", Path.home() / ".cache" / "newsletter-npm"))
#: The Nu HTML checker, and what mail programs support.
VNU_JAR = NPM_FOLDER / "node_modules/vnu-jar/build/dist/vnu.jar"
CANIEMAIL = NPM_FOLDER / "node_modules/caniemail/data/caniemail.json"
#: A certified provider of OpenID Connect.
OIDC_PROVIDER = NPM_FOLDER / "node_modules/oidc-provider/lib/index.js"


def needs_file(file: Path) -> pytest.MarkDecorator:
    """As `needs`, for a file of a package that only npm has."""
    is_left_out = not file.exists() and "CI_NEEDS_EVERY_TOOL" not in os.environ
    return pytest.mark.skipif(is_left_out, reason=f"{file.name} is not there; .ci/run has it")
