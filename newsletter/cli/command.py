"""What every command shares: the common options, the way it prints, and how errors end it."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from newsletter.language import Language
from newsletter.templates_folder import TemplatesFolder
from subscribers.errors import ExplainedError, UsageError
from subscribers.wording import Sentence

# Imported where a command opens them: settings and database take half the time of a command to
# load, and --help needs neither.
if TYPE_CHECKING:
    from newsletter.app import App
    from newsletter.settings import Settings

#: Exit codes are a contract; scripts rely on them.
DONE, FAILED, USAGE, PARTLY, REFUSED, BUSY = range(6)


#: What is to be closed when the command line that opened it ends.
_opened: ContextVar[ExitStack | None] = ContextVar("_opened", default=None)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """Options of every command.

    Parameters
    ----------
    config
        Settings file; newsletter.toml in this folder if not given.
    json
        Print JSON for programs instead of text for people.
    lang
        Language of the output: sv or en.
    debug
        Show where in the program an error arose.
    newsletter
        The slug of the newsletter that is meant, where there is more than one.
    """

    config: Annotated[Path | None, Parameter(group="Common")] = None
    json: Annotated[bool, Parameter(negative="", group="Common")] = False
    lang: Annotated[Literal["sv", "en"] | None, Parameter(group="Common")] = None
    debug: Annotated[bool, Parameter(negative="", group="Common")] = False

    newsletter: Annotated[str | None, Parameter(group="Common")] = None

    def open(self) -> tuple[App, Output]:
        """Read the settings, open the database, and say how to print: for one newsletter.

        Raises UsageError: there are several, and none was named.
        """
        settings = _settings(self.config)
        if self.newsletter is None and settings.newsletters:
            raise UsageError(
                "There are several newsletters. Nothing was done. "
                "Say which one is meant with --newsletter: {slugs}.",
                slugs=", ".join(one.slug for one in settings.every_newsletter),
            )
        return self.of(self._chosen(settings))

    def open_for_all(self) -> tuple[App, Output]:
        """Do as `open` for what concerns all newsletters alike, or one only if it is named."""
        return self.of(self._chosen(_settings(self.config)))

    def of(self, settings: Settings) -> tuple[App, Output]:
        """Do as `open` with settings that were read already."""
        from newsletter.app import app_with

        return self._with(app_with(settings))

    def _chosen(self, settings: Settings) -> Settings:
        return settings if self.newsletter is None else settings.of(self.newsletter)

    def open_without_database(self) -> tuple[App, Output]:
        """Read the settings, leave the database alone, and say how to print."""
        from newsletter.app import open_without_database

        return self._with(open_without_database(self.config))

    def _with(self, app: App) -> tuple[App, Output]:
        if opened := _opened.get():
            opened.callback(app.database.close)
        language = app.templates.language(self.lang) if self.lang else app.language
        return app, Output(language, as_json=self.json)


def _settings(config: Path | None) -> Settings:
    from newsletter import settings

    return settings.load(config)


class Output:
    """Prints to people, or JSON to programs; never both."""

    def __init__(self, language: Language, *, as_json: bool = False) -> None:
        """Print in `language`; with `as_json` only `result` prints anything."""
        self.language = language
        self.as_json = as_json
        self.console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)

    def say(self, message: str, /, **fields: Any) -> None:
        """Print one line in the reader's language."""
        self.sentence(Sentence(message, **fields))

    def sentence(self, sentence: Sentence) -> None:
        """Print a sentence that came from a stage."""
        if not self.as_json:
            self.console.print(self.language.say(sentence))

    def plain(self, text: str = "") -> None:
        """Print text that has no language: a path, a title, a drawing."""
        if not self.as_json:
            self.console.print(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a plain table; `columns` are translated, `rows` are not."""
        if self.as_json:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(self.language.gettext(column), overflow="fold")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.console.print(table)

    def result(self, value: Any) -> None:
        """Print `value` as JSON where JSON was asked for."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def run(program: cyclopts.App, tokens: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; errors are explained, not dumped."""
    words = list(sys.argv[1:] if tokens is None else tokens)
    debug = "--debug" in words

    def act() -> Any:
        try:
            command, bound, _ = program.parse_args(words, exit_on_error=False, print_error=False)
        except cyclopts.CycloptsError as error:
            raise UsageError(
                "The command was not understood: {cause} Nothing was done. "
                "Add --help to see what it takes.",
                cause=str(error).strip(),
            ) from error
        return command(*bound.args, **bound.kwargs)

    with ExitStack() as opened:
        token = _opened.set(opened)
        opened.callback(_opened.reset, token)
        return _explaining(words, act, debug=debug)


def _explaining(words: Sequence[str], act: Callable[[], Any], *, debug: bool) -> int:
    try:
        outcome = act()
    except ExplainedError as error:
        if debug:
            traceback.print_exc()
        _complain(words, error.sentence)
        return error.exit_code
    except KeyboardInterrupt:
        _complain(
            words, Sentence("Stopped. What was finished is kept; run the same command to go on.")
        )
        return FAILED
    except BrokenPipeError:
        return FAILED
    except Exception as error:
        if debug:
            raise
        _complain(
            words,
            Sentence(
                "Something went wrong that the program did not expect ({kind}: {cause}). "
                "What was not finished was undone. "
                "Run again with --debug and report what it prints.",
                kind=type(error).__name__,
                cause=str(error),
            ),
        )
        return FAILED
    return outcome if isinstance(outcome, int) else DONE


def _complain(words: Sequence[str], sentence: Sentence) -> None:
    # The language comes from the words alone: the settings may be what is wrong.
    code = "sv"
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--lang"):
            code = word.partition("=")[2] or following
    language = TemplatesFolder().language(code)
    print(language.gettext("Error:"), language.say(sentence), file=sys.stderr)
