"""Workers in processes of their own, on the database of the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from console.jobs import listeners
from tests.support.installation import environment
from tests.support.places import ROOT


class WorkerProcess:
    """A running worker, what it logged, and what its listener noted."""

    def __init__(self, process: subprocess.Popen[bytes], notes: Path, logged: Path) -> None:
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


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Give out a function that starts a worker; its settings as keyword arguments."""
    started: list[WorkerProcess] = []
    notes = tmp_path / "notes"

    def start(**settings: str) -> WorkerProcess:
        environ = {"PATH": os.environ["PATH"], "LISTENER_NOTES": str(notes)}
        environ |= environment(database_url, tmp_path, **settings)
        logged = tmp_path / f"worker-{len(started)}.log"
        with logged.open("w") as stderr:
            program = [sys.executable, "-m", "tests.support.worker_program"]
            process = subprocess.Popen(program, cwd=ROOT, env=environ, stderr=stderr)
        started.append(WorkerProcess(process, notes, logged))
        return started[-1]

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()


@pytest.fixture
def no_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget every listener for this test, and those of this test afterwards."""
    monkeypatch.setattr(listeners, "_listeners", {})


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
