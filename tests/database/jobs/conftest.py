"""Workers in processes of their own, on the database of the test."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.jobs import listeners
from tests.support.installation import environment
from tests.support.processes import start_program
from tests.support.workers import StartWorker, WorkerProcess


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Give out a function that starts a worker; its settings as keyword arguments."""
    started: list[WorkerProcess] = []
    notes = tmp_path / "notes"

    def start(**settings: str) -> WorkerProcess:
        environ = {"PATH": os.environ["PATH"], "LISTENER_NOTES": str(notes)}
        environ |= environment(database_url, tmp_path, **settings)
        logged = tmp_path / f"worker-{len(started)}.log"
        process = start_program("tests.support.worker_program", environ=environ, log=logged)
        started.append(WorkerProcess(process, notes, logged))
        return started[-1]

    yield start
    for worker in started:
        worker.end(signal.SIGKILL)


@pytest.fixture
def no_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget every listener for this test, and those of this test afterwards."""
    monkeypatch.setattr(listeners, "_listeners", {})
