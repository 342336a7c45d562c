"""Put items into an issue, order them, check it, and freeze it by approval."""
