"""`python -m newsletter` is the command `newsletter`."""

from newsletter.cli.main import newsletter

if __name__ == "__main__":
    newsletter()
