"""What the program does by itself: empty the outbox, send issues, do its duties."""
