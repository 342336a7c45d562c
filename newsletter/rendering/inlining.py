"""Write style sheets onto the elements themselves: many mail programs read nothing else.

The only door to premailer and cssutils, so that either can be exchanged.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any

_DOCTYPE = "<!DOCTYPE html>"


def inlined(html: str, css: str) -> str:
    """Return a page with the rules of `css` written onto its elements.

    Style sheets in the page stay as they are, so that media queries keep their `!important` and
    rules only newer programs understand survive. Nothing is fetched.
    """
    # premailer drops a doctype in lower case, and the page would be shown in quirks mode.
    html = _DOCTYPE + re.sub(r"\A\s*<!doctype html>", "", html, flags=re.IGNORECASE)
    html = re.sub(r"<style\b", '<style data-premailer="ignore"', html)
    html = _premailer()(
        html,
        css_text=css,
        allow_network=False,
        keep_style_tags=False,
        strip_important=False,
        remove_classes=False,
        disable_validation=True,
        align_floating_images=False,
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign"],
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    # It stays on sheets that have a media attribute.
    return re.sub(r'(<style\b[^>]*?) data-premailer="ignore"', r"\1", str(html))


@cache
def _premailer() -> Any:
    # Large, and only needed where something is rendered: a process that sends does not.
    import cssutils
    from premailer import Premailer

    # With allow_network=False premailer still lets cssutils fetch what a sheet imports.
    cssutils.util._defaultFetcher = lambda _url: None
    # It tells every property it does not know, and a mail is full of those.
    cssutils.log.setLevel(logging.CRITICAL)
    # Word, which draws mails in Outlook, is surest of colours with six digits.
    cssutils.ser.prefs.minimizeColorHash = False
    return Premailer
