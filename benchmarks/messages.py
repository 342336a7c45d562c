"""How long one message takes: a skeleton filled, against an EmailMessage built and written out.

Run as `python -m benchmarks.messages`. Both are measured in the same run on the same issue, so
the ratio holds on any machine even where the microseconds do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from newsletter.content import (
    ADDRESS_SLOT,
    SLOTS,
    TOKEN_SLOT,
    IssueContent,
    Organisation,
    RenderedIssue,
    SectionContent,
    Sender,
    StoryContent,
)
from newsletter.messages import MessageRecipient, Skeleton, message_id_for

#: Characters of HTML: with them a message is 57 KB long, as a full issue's is.
HTML_LENGTH = 39_000
#: Runs of which the fastest counts: the others waited for somebody else's work.
RUNS = 7

_PARAGRAPH = (
    '<table role="presentation" width="100%"><tr><td style="font-size:16px;line-height:24px">'
    "<h2>Smarta städer och regioner</h2><p>Exempelkontoret har förstärkts. Uppdraget är att "
    "arbeta med den framtida sammanhållningspolitiken – ”Investing in Examples”.</p>"
    '<p><a href="https://www.example.org/nyheter/smarta-stader">Läs om smarta städer</a></p>'
    "</td></tr></table>\n"
)
_FOOTER = (
    f"<p>Du prenumererar med adressen {ADDRESS_SLOT}. "
    f'<a href="https://nyhetsbrev.example.org/avsluta/{TOKEN_SLOT}">Avsluta</a></p>\n'
)
RENDERED = RenderedIssue(
    subject="Årets andra nummer: film, praktik och sammanhållningspolitik",
    html=_PARAGRAPH * ((HTML_LENGTH - len(_FOOTER)) // len(_PARAGRAPH)) + _FOOTER,
    text="Exempelkontoret har förstärkts.\n\n" * 200 + f"Avsluta: {TOKEN_SLOT}, {ADDRESS_SLOT}\n",
    web_article="",
    feed_entry="",
)
CONTENT = IssueContent(
    name="2017-02",
    number=2,
    issued_on=date(2017, 2, 22),
    newsletter_name="Nyhetsbrev",
    organisation=Organisation(name="Exempelregionen"),
    base_url="https://nyhetsbrev.example.org",
    subject=RENDERED.subject,
    preheader="",
    sections=(
        SectionContent(
            name="Nyheter",
            stories=(
                StoryContent(
                    item_id=1,
                    title="Smarta städer och regioner",
                    published_on=date(2017, 2, 17),
                    text="Exempelkontoret har förstärkts.",
                    url="https://www.example.org/nyheter/smarta-stader",
                    link_text="Läs om smarta städer",
                ),
            ),
        ),
    ),
)
SENDER = Sender(
    from_name="Externa relationer",
    from_address="nyhetsbrev@example.org",
    reply_to="redaktionen@example.org",
    list_id="nyhetsbrev.example.org",
    list_name="Nyhetsbrev om externt arbete",
    unsubscribe_address="avsluta@example.org",
)
RECIPIENT = MessageRecipient(
    address="kim.exempel@example.com",
    token="a" * 48,
    message_id=message_id_for("b" * 32, SENDER.from_address),
    date=datetime(2017, 2, 22, 8, 0, tzinfo=UTC),
)


def as_email_message() -> EmailMessage:
    """Return the message the way most make it, once for each recipient."""
    values = dict(zip(SLOTS, (RECIPIENT.address, RECIPIENT.token), strict=True))
    text, html = RENDERED.text, RENDERED.html
    for slot, value in values.items():
        text, html = text.replace(slot, value), html.replace(slot, value)
    message = EmailMessage(policy=SMTP.clone(max_line_length=76))
    message["Date"] = format_datetime(RECIPIENT.date)
    message["From"] = f"{SENDER.from_name} <{SENDER.from_address}>"
    message["To"] = RECIPIENT.address
    message["Subject"] = RENDERED.subject
    message["Message-ID"] = RECIPIENT.message_id
    message["List-Id"] = f"{SENDER.list_name} <{SENDER.list_id}>"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def as_objects() -> bytes:
    """Return the bytes of the message the way the standard library makes them."""
    return as_email_message().as_bytes()


def microseconds(make: Callable[[], object], times: int) -> float:
    """Return how long one call takes, the fastest of several runs."""
    fastest = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(times):
            make()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest / times * 1e6


def main() -> None:
    """Print what was measured."""
    skeleton = Skeleton.of(RENDERED, content=CONTENT, sender=SENDER)
    build = microseconds(lambda: Skeleton.of(RENDERED, content=CONTENT, sender=SENDER), 3)
    fill = microseconds(lambda: skeleton.fill(RECIPIENT), 5_000)
    objects = microseconds(as_objects, 20)
    print(f"issue                     {len(RENDERED.html):>9,} characters of HTML")
    print(f"message                   {len(skeleton.fill(RECIPIENT)):>9,} bytes")
    print(f"Skeleton.of, once         {build:>9,.0f} µs")
    print(f"Skeleton.fill, each       {fill:>9,.1f} µs")
    print(f"EmailMessage, each        {objects:>9,.0f} µs")
    print(f"ratio                     {objects / fill:>9,.0f}")


if __name__ == "__main__":
    main()
