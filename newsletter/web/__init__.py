"""The public pages: a reader leaves, comes back, reads an issue. Showing never changes anything.

`site.create` puts the pages together; `server` answers with them. No cookies, no scripts.
"""
