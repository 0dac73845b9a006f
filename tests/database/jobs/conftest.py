"""Workers in processes of their own, on the database of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.jobs import listeners
from tests.support.installation import environment
from tests.support.places import ROOT
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
