"""A worker as a shop runs it, in a process of its own, with a listener that writes down what it is told.

`LISTENER_NOTES` names the file for its notes, `LISTENER_SECONDS` how long it takes, `LISTENER_REFUSES` the checkout
whose events it refuses.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from console import create_app
from console.jobs import Event, on
from console.jobs.worker import run_worker

NOTES = Path(os.environ["LISTENER_NOTES"])
SECONDS = float(os.environ.get("LISTENER_SECONDS", "0"))
REFUSED = os.environ.get("LISTENER_REFUSES")


def note(word: str, event: Event) -> None:
    """Add a line to the notes."""
    line = json.dumps([word, event.id, event.topic, event.payload["reference"], event.attempts])
    with NOTES.open("a") as notes:
        notes.write(f"{line}\n")


@on("CheckoutCompleted")
@on("CheckoutStarted")
def listen(event: Event) -> None:
    """Take note of the beginning and the end."""
    note("begun", event)
    if event.payload["reference"] == REFUSED:
        raise ValueError("this one is not wanted")
    time.sleep(SECONDS)
    note("done", event)


if __name__ == "__main__":
    run_worker(create_app())
