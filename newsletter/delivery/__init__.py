"""Freeze the audience, claim, put in flight, send, record: the heart.

sending.send_issue    an approved issue -> one message to each recipient, and how it went
status.of             how it stands, in numbers that add up
single.send_one       one test mail, outside the ledger
transport, folder     where messages go: an SMTP server, or a folder

Below: `ledger` moves rows from state to state, `outcomes` says what a server's reply means and who
must act, `wire` is the conversation, `trouble` decides whether to go on.
"""
