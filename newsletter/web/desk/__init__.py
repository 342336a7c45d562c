"""The desk: where editors compose an issue, behind a sign-in.

routes      every address, and who answers at it
door        who comes in: sign-in, invitation, sign-out, and what every handler asks of a visitor
kept_forms  what was typed into a form whose sign-in had ended
signing_in  the sign-in, an invitation, the sign-out; organisation: with an account of its own
start       what to do next
fetching    news from an address, a file or pasted text
issue_room  what every room of an issue has: its steps, and changes that can be undone
choosing, writing, checking, reviewing, sending, underway, history
            the rooms of an issue
list_health the list in numbers, imports and the log, for admins
sign_ins    where one is signed in, and the end of it
statistics  how issues went and the list grows, from counts
proofs      the letter as readers will see it, in frames

The rooms call the same stages as the commands and have no rules of their own.
"""
