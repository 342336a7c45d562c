"""What a DKIM signature costs a message: ours beside dkimpy's, and beside what RSA itself takes.

Run as `python -m benchmarks.signing`. All in one run, in CPU time of this process; RSA's share is
the machine's and OpenSSL's, what is above it is ours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.messages import CONTENT, RECIPIENT, RENDERED, SENDER
from newsletter.messages import Signer, SigningKey, Skeleton

#: Runs of which the fastest counts: the others waited for somebody else's work.
RUNS = 5
#: Messages signed by all threads together.
TOGETHER = 2_000


def cpu_microseconds(work: Callable[[], object], times: int) -> float:
    """Return how much CPU one call takes, in the cheapest of several runs."""
    cheapest = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(times):
            work()
        cheapest = min(cheapest, time.process_time() - start)
    return cheapest / times * 1e6


def main() -> None:
    """Print what was measured."""
    private = rsa.generate_private_key(65537, 2048)
    key = SigningKey("nb", private)
    signer = Signer("example.org", (key,))
    both = Signer("example.org", (key, SigningKey("nbe", ed25519.Ed25519PrivateKey.generate())))
    plain, signed, twice = (
        Skeleton.of(RENDERED, content=CONTENT, sender=SENDER, signer=who)
        for who in (None, signer, both)
    )
    message = plain.fill(RECIPIENT)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    filled = cpu_microseconds(lambda: plain.fill(RECIPIENT), 2_000)
    rsa_alone = cpu_microseconds(lambda: key.sign(message[:2_000]), 300)
    ours = cpu_microseconds(lambda: signed.fill(RECIPIENT), 300)
    with_both = cpu_microseconds(lambda: twice.fill(RECIPIENT), 300)
    theirs = cpu_microseconds(
        lambda: dkim.sign(
            message, b"nb", b"example.org", pem, canonicalize=(b"relaxed", b"relaxed")
        ),
        5,
    )
    print(f"message                            {len(message):>9,} bytes")
    print(f"filled, not signed                 {filled:>9,.0f} µs of CPU")
    print(f"RSA-2048 alone                     {rsa_alone:>9,.0f} µs")
    print(f"filled and signed                  {ours:>9,.0f} µs")
    print(f"  of which not RSA                 {ours - rsa_alone:>9,.0f} µs")
    print(f"filled and signed, Ed25519 beside  {with_both:>9,.0f} µs")
    print(f"dkimpy                             {theirs:>9,.0f} µs")
    print(f"ratio                              {theirs / (ours - filled):>9,.1f}")
    for threads in range(1, (os.cpu_count() or 1) + 1):
        with ThreadPoolExecutor(threads) as pool:
            start = time.perf_counter()
            list(pool.map(signed.fill, [RECIPIENT] * TOGETHER, chunksize=64))
            rate = TOGETHER / (time.perf_counter() - start)
        print(f"messages a second, {threads} threads       {rate:>9,.0f}")


if __name__ == "__main__":
    main()
