"""How many rows to write in one transaction, so that others never wait long for theirs."""

from __future__ import annotations

#: Seconds a chunk should take; none should take over 250 ms.
_WANTED = 0.12
#: Rows of the first chunk, and of the smallest and the largest.
FIRST, _SMALLEST, _LARGEST = 500, 50, 8_000


def next_size(rows: int, took: float) -> int:
    """Return the size of the next chunk, after one of so many rows that took so many seconds.

    It changes by no more than half or twice, since one chunk says little.

    >>> next_size(1_000, 0.12), next_size(1_000, 0.4), next_size(1_000, 0.01)
    (1000, 500, 2000)
    """
    fitting = rows * _WANTED / max(took, 0.001)
    careful = min(max(fitting, rows / 2), rows * 2)
    return round(min(max(careful, _SMALLEST), _LARGEST))
