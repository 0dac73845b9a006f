"""Ticks: one slot of time, one worker that has it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.jobs.ticks import take_tick

DAYS = 3650 * 24 * 3600.0  # no test runs into the next slot


def test_of_many_workers_one_takes_the_tick(database: Engine) -> None:
    ready = Barrier(12)

    def take(_number: int) -> bool:
        with Session(database) as session:
            ready.wait()
            return take_tick(session, "sweep", every_seconds=DAYS)

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(take, range(12)))

    assert taken.count(True) == 1


def test_each_job_has_ticks_of_its_own(session: Session) -> None:
    assert take_tick(session, "sweep", every_seconds=DAYS)
    assert take_tick(session, "pruning", every_seconds=DAYS)
    assert not take_tick(session, "sweep", every_seconds=DAYS)


def test_a_slot_taken_before_the_interval_was_changed_stops_no_later_tick(session: Session) -> None:
    assert take_tick(session, "sweep", every_seconds=6)
    assert take_tick(session, "sweep", every_seconds=300)
