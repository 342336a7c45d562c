"""A language: sentences, dates and numbers as people read them.

English stands in the code; `templates/locale/<code>/*.po` holds the rest, one file per part of the
program. The files are read as they are: nothing to compile, and an organisation can change a word.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import babel.dates
import babel.numbers
from babel.messages import pofile

from subscribers.wording import Sentence

#: Between parts that must stand on one line: "kl. 10.15", "20 februari".
NO_BREAK = "\N{NO-BREAK SPACE}"


class Language:
    """Says things in one language."""

    def __init__(self, code: str, catalogue: Mapping[str, tuple[str, ...]]) -> None:
        """Take a language code ("sv") and its translations: English to (singular, plural)."""
        self.code = code
        self._catalogue = catalogue

    def say(self, sentence: Sentence) -> str:
        """Return a sentence in this language, its fields filled in."""
        if sentence.plural is None:
            template = self.gettext(sentence.message)
        else:
            template = self.ngettext(sentence.message, sentence.plural, sentence.fields["n"])
        return template.format(**{name: self._said(v) for name, v in sentence.fields.items()})

    def gettext(self, message: str) -> str:
        """Return the translation of a fixed text; the text itself where there is none."""
        return self._catalogue.get(message, (message,))[0]

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the translation that fits the number; Swedish and English part 1 from the rest."""
        forms = self._catalogue.get(singular)
        if forms is None or len(forms) < 2:
            forms = (singular, plural)
        return forms[0 if n == 1 else 1]

    def date(self, day: dt.date) -> str:
        """Return a date in running text: "9 februari 2017"."""
        return babel.dates.format_date(day, "d MMMM y", locale=self._locale)

    def month_name(self, day: dt.date) -> str:
        """Return the month alone: "februari"."""
        return babel.dates.format_date(day, "MMMM", locale=self._locale)

    def month(self, day: dt.date) -> str:
        """Return month and year: "februari 2017"."""
        return babel.dates.format_date(day, "MMMM y", locale=self._locale)

    def weekday(self, day: dt.date) -> str:
        """Return a date with its weekday: "tisdag 21 februari 2017"."""
        return babel.dates.format_date(day, "EEEE d MMMM y", locale=self._locale)

    def day_and_month(self, day: dt.date) -> str:
        """Return a date within the year: "7 mars"."""
        return babel.dates.format_date(day, "d MMMM", locale=self._locale)

    def clock(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """Return a clock time in a zone: "13.30" in Swedish, "13:30" in English."""
        pattern = "HH.mm" if self.code == "sv" else "HH:mm"
        return moment.astimezone(zone).strftime(pattern.replace("HH", "%H").replace("mm", "%M"))

    def moment(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """Return date and clock: "22 februari 2017 kl. 09.00" or "22 February 2017, 09:00"."""
        day, clock = self.date(moment.astimezone(zone).date()), self.clock(moment, zone)
        return f"{day} kl.{NO_BREAK}{clock}" if self.code == "sv" else f"{day}, {clock}"

    def stamp(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """Return date and clock for a column of a table: "2026-02-22 09.00"."""
        return f"{moment.astimezone(zone).date().isoformat()} {self.clock(moment, zone)}"

    def day_and_moment(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """Return weekday, date and clock: "söndag 22 februari 2026 kl. 09.00"."""
        day = babel.dates.format_date(moment.astimezone(zone).date(), "EEEE", locale=self._locale)
        return f"{day} {self.moment(moment, zone)}"

    def number(self, value: float) -> str:
        """Return a number with the language's own separators: "1 234,5"."""
        return babel.numbers.format_decimal(value, locale=self._locale)

    @property
    def _locale(self) -> str:
        return "en_GB" if self.code == "en" else self.code

    def _said(self, value: object) -> object:
        if isinstance(value, Sentence):
            return self.say(value)
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return self.date(value)
        if isinstance(value, float):
            return self.number(value)
        return value


def read_catalogue(file: Path) -> dict[str, tuple[str, ...]]:
    """Return the translations in a .po file: English to (singular,) or (singular, plural)."""
    with file.open("rb") as stream:
        catalogue = pofile.read_po(stream)
    translations: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id or not message.string:
            continue
        singular = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
        strings = message.string
        translations[singular] = tuple(strings) if not isinstance(strings, str) else (strings,)
    return translations
