"""The database's history, applied by `newsletter.database.Database.upgrade`."""
