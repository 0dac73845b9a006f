"""`make chaos`: the kill-and-fault campaign, as a matrix. Exit code 1 unless every verdict is 100 %.

CHAOS_MINUTES (5) is about how long it takes; CHAOS_SEED repeats the choices of an earlier run; `--json FILE` writes the
matrix for programs. Everything it starts listens on the loopback address only, and is gone when it ends.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.campaign.chaos.campaign import run_campaign


def main() -> int:
    """Run the campaign; hand back the exit code."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the matrix to a file, too")
    wanted = parser.parse_args()
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    minutes = float(os.environ.get("CHAOS_MINUTES") or 5)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"CHAOS_SEED={seed} CHAOS_MINUTES={minutes:g}", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's own user goes in, too
        logging.disable(logging.CRITICAL)  # what the engine says of faults in this process is expected here
        matrix = run_campaign(Path(folder), seed=seed, minutes=minutes)
    print(f"\n{matrix.sum_up()}")
    if wanted.json:
        wanted.json.write_text(json.dumps(matrix.as_document(), indent=2) + "\n", encoding="utf-8")
    is_complete = not matrix.missing or os.environ.get("REQUIRE_SERVICES") != "1"
    return 0 if matrix.is_sound and is_complete else 1


if __name__ == "__main__":
    sys.exit(main())
