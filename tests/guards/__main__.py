"""Take each guard away in turn, and see that a test fails: `.venv/bin/python -m tests.guards [WORD …]`.

The table tells which test noticed. Exit 1 when a guard's removal goes unnoticed, or when a row names what is not there.
With words, only the guards with one of them in their name. Two run at a time; each has two minutes.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.guards.removal import find_rot, try_without
from tests.guards.table import GUARDS

AT_ONCE = 2


def main(words: list[str]) -> int:
    """Try every guard, or those with one of these words in their name; tell in a table."""
    chosen = [guard for guard in GUARDS if not words or any(word in guard.name for word in words)]
    rotten = {guard.name: problem for guard in chosen if (problem := find_rot(guard))}
    for name, problem in rotten.items():
        print(f"{name}: {problem}")
    if rotten or not chosen:
        return 1
    began, unnoticed = time.monotonic(), 0
    width = max(len(guard.name) for guard in chosen)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for guard, noticed in zip(chosen, pool.map(try_without, chosen), strict=True):
            print(f"{guard.name:{width}}  {noticed or 'UNNOTICED'}", flush=True)
            unnoticed += noticed is None
    print(f"{len(chosen)} guards, {unnoticed} unnoticed, {time.monotonic() - began:.0f} s")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
