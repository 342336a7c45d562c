"""What do we say, and how does it get there?

items.sources.read   a page            -> drafts of items
items.store.save     drafts            -> items, new, changed or unchanged
issues.compose       items             -> an issue: sections of placed items
issues.check         an issue          -> hints: red blocks, yellow needs a reason
rendering.render     its content       -> a rendered issue, the same for all readers
issues.approve       both              -> frozen by hash
delivery.*           a frozen issue    -> one message to each recipient, and how it went
web.*                a reader's press  -> unsubscribed, at once
"""
