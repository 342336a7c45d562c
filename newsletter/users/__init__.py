"""Who may work at the desk: users, what they prove themselves with, and being signed in.

accounts        invite, list and remove users
passwords       hash and check a password (Argon2id)
one_time_codes  the second factor: six digits from an app (RFC 6238)
signing_in      from address, password and code to a sign-in that can be ended
members         from who the organisation's own sign-in says somebody is to one
provider        the door to that sign-in (OpenID Connect); errand: the way there and back
asking          short and small requests to it
"""
