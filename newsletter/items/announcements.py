"""Tell the announcement of our own newsletter from news.

Every issue is announced on the page that the next one is made from; an issue should not carry the
news that the one before is out. A constant and not a file of rules: it works on words, not on the
name of any newsletter, and the editor can show or hide every item.
"""

from __future__ import annotations

import re

_LETTER = r"(?:\w*nyhetsbrev(?:et)?|månadsbrev(?:et)?|newsletter)"
_MONTH = (
    r"(?:januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december"
    r"|january|february|march|may|june|july|august|october"
    r"|våren|sommaren|hösten|vintern|vår|sommar|höst|vinter)"
)
_NUMBER = r"(?:(?:nr|nummer|no|issue)\.? ?)?\d+(?:[/-]\d+)?"
_OUT = (
    r"(?:ute|här|här nu|klart|publicerat|släppt|utskickat|out|here|kommit|kommit ut|kommer ut"
    r"|att läsa|available)"
)

#: After one of these the newsletter is what something else is about: "Ny rapport om nyhetsbrev".
_ABOUT = re.compile(
    rf"\b(?:om|för|i|till|med|kring|per|via|på|about|on|for|in|by) (?:\w+ ){{0,2}}?{_LETTER}\b"
)
_ANNOUNCED = re.compile(
    # "Nyhetsbrev om … ute nu", "Nu finns … senaste nyhetsbrev ute", "Our newsletter is out"
    rf"\b{_LETTER}\b.*\b{_OUT}(?: nu| now)?\W*$"
    # "Nytt nyhetsbrev ute om …", "Nyhetsbrevet är ute: …", "Newsletter out now – …"
    rf"|\b{_LETTER},? (?:(?:är|finns|is|nu|now) ){{0,2}}{_OUT}\b"
    # "Nytt nyhetsbrev", "Vårens första nyhetsbrev", "Nytt nyhetsbrev för juni 2026"
    rf"|^(?:\w+ )?(?:nytt|första|sista|nästa|senaste|new|latest)(?: \w+)? {_LETTER}"
    rf"(?: (?:för )?{_MONTH}(?: \d{{4}})?)?\W*$"
    # "Nyhetsbrev juni", "Nyhetsbrev nr 3, 2026", "Juninumret av nyhetsbrevet"
    rf"|^(?:\w+ ){{0,2}}{_LETTER}\W+(?:för )?(?:{_MONTH}|{_NUMBER})"
    rf"(?:\W+(?:{_MONTH}|{_NUMBER}))*\W*$"
    rf"|\w*(?:numret|nummer) av .*\b{_LETTER}\b"
    # "Läs vårt nya nyhetsbrev", "Prenumerera på vårt nyhetsbrev"
    rf"|^(?:läs|prenumerera på) (?:vårt|det|senaste|nya)\b.*\b{_LETTER}\W*$"
)
_SIGN_UP = re.compile(rf"^prenumerera på .*\b{_LETTER}\b")


def is_announcement(title: str) -> bool:
    """Say whether a title announces an issue of the newsletter.

    >>> is_announcement("Nyhetsbrev om VGR:s externa arbete ute nu")
    True
    >>> is_announcement("Ny rapport om nyhetsbrev ute nu")
    False
    """
    words = " ".join(title.casefold().split())
    if _ABOUT.search(words) and not _SIGN_UP.search(words):
        return False
    return _ANNOUNCED.search(words) is not None
