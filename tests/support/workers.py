"""Workers in processes of their own, and waiting for what they do."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from tests.support.processes import Program


class WorkerProcess:
    """A running worker, what it logged, and what its listener noted."""

    def __init__(self, process: Program, notes: Path, logged: Path) -> None:
        self.process = process
        self._notes = notes
        self._logged = logged

    def notes(self) -> list[list[Any]]:
        """Give the listener's notes: word, event id, topic, reference, attempt."""
        return [json.loads(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []

    def logged(self) -> str:
        """Give everything the worker logged so far."""
        return self._logged.read_text()

    def end(self, by: signal.Signals) -> int:
        """Send a signal and wait for the end; give the exit code."""
        self.process.send_signal(by)
        return self.process.wait(timeout=10)


StartWorker = Callable[..., WorkerProcess]


def wait_for(is_so: Callable[[], object], *, at_most_seconds: float = 20) -> None:
    """Wait until something has come about."""
    deadline = time.monotonic() + at_most_seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.05)


def run_sql(database: Engine, statement: str, **values: Any) -> list[Any]:
    """Run one statement in a transaction of its own; give its rows, if it has any."""
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result) if result.returns_rows else []
