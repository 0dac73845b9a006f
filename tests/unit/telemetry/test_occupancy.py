"""Whether a request could be served: not while every thread is busy and none ends."""

from __future__ import annotations

from contextlib import ExitStack

from console.telemetry.occupancy import Occupancy


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_busy_threads_are_stuck_from_the_last_time_that_one_began_or_ended() -> None:
    clock = Clock()
    occupancy = Occupancy(clock=clock)
    occupancy.staff(2)

    with ExitStack() as first, occupancy.serving():
        clock.now += 60
        assert occupancy.stuck_seconds() == 0
        first.enter_context(occupancy.serving())
        clock.now += 6
        assert occupancy.stuck_seconds() == 6
        first.close()
        assert occupancy.stuck_seconds() == 0
        first.enter_context(occupancy.serving())
        clock.now += 1
        assert occupancy.stuck_seconds() == 1

    clock.now += 60
    assert occupancy.stuck_seconds() == 0


def test_a_process_without_threads_of_its_own_is_never_stuck() -> None:
    clock = Clock()
    occupancy = Occupancy(clock=clock)

    with occupancy.serving():
        clock.now += 60

        assert occupancy.stuck_seconds() == 0
