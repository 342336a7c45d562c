"""Ask before something that cannot be undone: a word is typed, not a key pressed."""

from __future__ import annotations

import sys

from newsletter.cli.command import Output
from newsletter.errors import UnsafeError


def insist(out: Output, word: str) -> None:
    """Go on only if a person types `word`; where nobody can be asked, say how to do without.

    Raises UnsafeError: nobody typed it; nothing was done.
    """
    if not sys.stdin.isatty():
        raise UnsafeError(
            "This cannot be undone, and there is nobody to ask. Nothing was changed. "
            "Add --yes if you are sure."
        )
    # The question is no result: with --json that must be all there is on standard output.
    question = out.language.gettext("Type {word} to go on:").format(word=word)
    print(question, end=" ", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != word:
        raise UnsafeError("That was another word. Nothing was changed.")
