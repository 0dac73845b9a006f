"""The readiness probe: it answers from its last result, and never waits for a check that hangs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from console.telemetry.readiness import SILENT, Readiness, ReadinessProbe

READY = Readiness(is_ready=True, message="fine")
BROKEN = Readiness(is_ready=False, message="broken")


class ScriptedCheck:
    """A check that gives the result it was last told to, and counts how often it was opened and closed."""

    def __init__(self, result: Readiness) -> None:
        self.result = result
        self.opened = self.closed = 0
        self.made = threading.Semaphore(0)
        self.may_answer = threading.Event()
        self.may_answer.set()

    @contextmanager
    def open(self) -> Iterator[Callable[[], Readiness]]:
        self.opened += 1
        yield self.check
        self.closed += 1

    def check(self) -> Readiness:
        self.may_answer.wait()
        self.made.release()
        return self.result


def probe_of(check: ScriptedCheck, **timing: Any) -> ReadinessProbe:
    return ReadinessProbe(check.open, **({"interval_seconds": 0.01} | timing))


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came about")


def test_the_first_answer_is_that_of_a_check() -> None:
    assert probe_of(ScriptedCheck(READY)).answer() == READY
    assert probe_of(ScriptedCheck(BROKEN)).answer() == BROKEN


def test_a_change_is_noticed_without_a_new_thread() -> None:
    check = ScriptedCheck(READY)
    probe = probe_of(check)
    probe.answer()

    check.result = BROKEN

    wait_until(lambda: probe.answer() == BROKEN)
    assert check.opened == 1


def test_a_check_that_hangs_from_the_start_is_not_ready() -> None:
    check = ScriptedCheck(READY)
    check.may_answer.clear()

    assert probe_of(check, patience_seconds=0.05).answer() == SILENT
    check.may_answer.set()


def test_a_check_that_begins_to_hang_is_not_ready_and_recovers() -> None:
    check = ScriptedCheck(READY)
    probe = probe_of(check, stale_seconds=0.1)
    assert probe.answer() == READY

    check.may_answer.clear()
    wait_until(lambda: probe.answer() == SILENT)
    check.may_answer.set()

    wait_until(lambda: probe.answer() == READY)


def test_nobody_asking_ends_the_thread_and_the_next_question_starts_another() -> None:
    check = ScriptedCheck(READY)
    probe = probe_of(check, idle_seconds=0.02, stale_seconds=0.05)
    probe.answer()
    wait_until(lambda: check.closed == 1)
    check.result = BROKEN

    wait_until(lambda: probe.answer() == BROKEN)

    assert check.opened >= 2


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # gunicorn forks before there are threads
def test_a_forked_process_asks_for_itself() -> None:
    check = ScriptedCheck(READY)
    probe = probe_of(check)
    probe.answer()
    check.result = BROKEN

    child = os.fork()
    if not child:
        os._exit(0 if probe.answer() == BROKEN and check.opened == 2 else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
