"""A check that is made at most every so often, however many ask for it."""

from __future__ import annotations

from threading import Event, Thread
from typing import NoReturn

import pytest

from console.telemetry import health
from console.telemetry.health import Check, _Sample

SOUND, BROKEN = Check("ok", "sound"), Check("error", "broken")


def fail() -> NoReturn:
    raise AssertionError("the check was made again")


def test_a_check_made_just_now_is_not_made_again() -> None:
    sample = _Sample()

    assert [sample.take(lambda: SOUND), sample.take(fail)] == [SOUND, SOUND]


def test_an_old_check_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = _Sample()
    sample.take(lambda: SOUND)
    monkeypatch.setattr(health, "SAMPLED_SECONDS", 0)

    assert sample.take(lambda: BROKEN) == BROKEN


def test_whoever_comes_while_it_is_made_gets_what_was_found_last(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, is_asking, may_end = _Sample(), Event(), Event()
    sample.take(lambda: SOUND)
    monkeypatch.setattr(health, "SAMPLED_SECONDS", 0)

    def ask_slowly() -> Check:
        is_asking.set()
        may_end.wait(10)
        return BROKEN

    slow = Thread(target=sample.take, args=[ask_slowly])
    slow.start()
    is_asking.wait(10)
    meanwhile = sample.take(fail)
    may_end.set()
    slow.join(10)

    assert meanwhile == SOUND
    monkeypatch.undo()
    assert sample.take(fail) == BROKEN
