"""Hints about signs: quotation marks, dashes, blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from newsletter.foreign_passages import own_words, own_words_changed
from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Hint, Severity
from newsletter.issues.hints.texts import Text
from subscribers.wording import Sentence

#: Quotation marks of other languages. After a digit a straight one may be inches.
_FOREIGN_QUOTE = re.compile(r"[“„]|(?<!\d)\"(?=[^\"]*\")|(?<=[^\d\s])\"")
_HYPHEN_AS_DASH = re.compile(r"(?<=\S) --? (?=\S)")
_BLANKS = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)|(?<=[ \t])\u00a0|\u00a0(?=[ \t])")
#: A hard blank is right beside a figure ("20 februari", "kl. 13") and before a dash.
_HARD_BLANK = re.compile(r"(?<![\d\s])\u00a0(?![\d\s–])")
_BEFORE_SIGN = re.compile(r"(?<=\w)[ \u00a0]+(?=[,.;:!?](?:\s|$))")
_AFTER_HYPHEN = re.compile(r"\b(?P<first>[^\W\d_]+)-[ \u00a0](?P<second>[^\W\d_]+\.?)")


def quote(checked: Checked) -> Iterator[Hint]:
    """Find QUOTE: Swedish has the same mark before and after."""
    for text in _swedish(checked):
        mended = own_words_changed(text.words, partial(_FOREIGN_QUOTE.sub, "”"))
        if mended != text.words:
            found = _FOREIGN_QUOTE.search(own_words(text.words))
            yield Hint(
                code="QUOTE",
                severity=Severity.GREY,
                place=text.place,
                message=Sentence(
                    "Swedish quotation marks are ” before and after; here is {mark}.",
                    mark=found.group() if found else "",
                ),
                about=text.words,
                fix=text.changed_to(mended),
            )


def dash(checked: Checked) -> Iterator[Hint]:
    """Find DASH: a hyphen with blanks around it."""
    for text in _swedish(checked):
        mended = _HYPHEN_AS_DASH.sub(" – ", text.words)
        if mended != text.words:
            yield Hint(
                code="DASH",
                severity=Severity.GREY,
                place=text.place,
                message=Sentence("A hyphen stands where a dash (–) should."),
                about=text.words,
                fix=text.changed_to(mended),
            )


def space(checked: Checked) -> Iterator[Hint]:
    """Find SPACE: blanks too many, and "ESF- rådet", but not "Bryssel- och Göteborgskontor"."""
    for text in texts.prose(checked.content):
        mended = _BEFORE_SIGN.sub("", _HARD_BLANK.sub(" ", _BLANKS.sub(_one_blank, text.words)))
        if mended != text.words:
            yield Hint(
                code="SPACE",
                severity=Severity.GREY,
                place=text.place,
                message=Sentence(
                    "There is a blank too many, before a sign or beside another, or a hard one."
                ),
                about=text.words,
                fix=text.changed_to(mended),
            )
        joins = checked.words.of(text.language).hyphen_joins
        for found in _AFTER_HYPHEN.finditer(text.words):
            if found["second"].casefold() in joins or found["second"].rstrip(".") in joins:
                continue
            joined = f"{found['first']}-{found['second']}"
            # Another word before the hyphen may be one half of two, or stand before a dash.
            is_initialism = len(found["first"]) > 1 and found["first"].isupper()
            yield Hint(
                code="SPACE",
                severity=Severity.GREY,
                place=text.place,
                message=Sentence("There is a blank after the hyphen in “{words}”.",
                                 words=found.group()),
                about=found.group(),
                fix=text.changed_to(text.words.replace(found.group(), joined))
                if is_initialism
                else None,
            )  # fmt: skip


def _one_blank(found: re.Match[str]) -> str:
    # A hard blank beside another goes; the other stays.
    return "" if found.group() == "\u00a0" else " "


def _swedish(checked: Checked) -> Iterator[Text]:
    return (text for text in texts.prose(checked.content) if text.language == "sv")
