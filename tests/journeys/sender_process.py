"""A process that sends one issue and can be killed; run with `python -m`.

Takes database URL, SMTP URL, issue and messages a second; prints how it stands at the end as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from newsletter.database import Database
from newsletter.delivery import signals, smtp_url
from newsletter.delivery.sending import send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.smtp import SmtpTransport, Timeouts
from subscribers.tokens import Keys
from tests.newsletter.delivery.approved import FROZEN

KEYS = Keys(
    current="test secret, not for use anywhere",
    former=(),
    suppression="another test secret, not for use",
)
BROKEN_OFF = 130


def main(database_url: str, mail_server: str, issue_id: str, messages_per_second: str) -> int:
    database = Database(database_url)
    server = Server(
        transports=[SmtpTransport(smtp_url.parse(mail_server), timeouts=Timeouts(final_dot=60))],
        messages_per_second=float(messages_per_second),
    )
    try:
        status = signals.run(
            lambda stop: send_issue(
                database,
                issue_id=int(issue_id),
                frozen=FROZEN,
                keys=KEYS,
                clock=lambda: datetime.now(UTC),
                servers=[server],
                stop=stop,
            )
        )
    except KeyboardInterrupt:
        return BROKEN_OFF
    finally:
        database.close()
    print(
        json.dumps(
            {
                "state": status.state.value,
                "pause": status.pause.kind.value if status.pause else None,
                "waiting": status.waiting,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
