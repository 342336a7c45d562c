"""How fast, and against what: `make bench`."""
