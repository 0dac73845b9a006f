"""Processes that tests start: forked from one that has imported everything, for importing is most of what they cost."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.support.places import ROOT

IMPORTED = [
    "pytest",
    "console.application",
    "console.jobs.worker",
    "console.testing.gateway_contract",
    "console.web.server.arrival_worker",
    "gunicorn.app.wsgiapp",
    "tests.support.engine.worlds",
    "tests.support.frozen",
]


class Program:
    """A running program; to whoever watches it or sends it signals, it is what `subprocess` would have started."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid: int = process.pid

    def poll(self) -> int | None:
        """Give the exit code, unless it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Wait for its end; give the exit code."""
        self._process.join(timeout)
        code = self.poll()
        assert code is not None, f"it still runs after {timeout:g} s"
        return code


@contextmanager
def forked_from_one() -> Iterator[None]:
    """Let whoever asks for a spawned process have one that is as fresh, but forked from a server without connections.

    Each still connects for itself, and runs whatever it is sent by name.
    """
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(IMPORTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(context._concrete_contexts, "spawn", forked)
        yield
    forkserver._forkserver._stop()


def start_program(module: str, *arguments: str, environ: dict[str, str], log: Path) -> Program:
    """Start `python -m module arguments…` in a process group of its own, with this environment alone; it adds to the log.

    What it imports is imported already. That a program starts from nothing is for tests that use `subprocess`.
    """
    log.touch()
    forked = multiprocessing.get_context("forkserver")
    process = forked.Process(target=_run, args=(module, arguments, environ, log), daemon=True)
    process.start()
    return Program(process)


def _run(module: str, arguments: tuple[str, ...], environ: dict[str, str], log: Path) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environ)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), sys.__stdout__.fileno())
        os.dup2(stream.fileno(), sys.__stderr__.fileno())
    sys.argv = [module, *arguments]
    multiprocessing.current_process().daemon = False  # it may start processes of its own
    with forked_from_one():
        runpy.run_module(module, run_name="__main__", alter_sys=True)
