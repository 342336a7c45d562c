"""The content store: items, and the sources that fill it.

sources.read    a page as bytes     -> drafts of items              (pure)
store.save      drafts              -> items: new, changed or unchanged
following       a story's own page  -> its text, when an editor asks
editing         what people write   -> an item added, edited or hidden
pictures        a picture file      -> a picture fit for mail
"""

from newsletter.items import editing, following, links, pictures, sources, store

__all__ = ["editing", "following", "links", "pictures", "sources", "store"]
