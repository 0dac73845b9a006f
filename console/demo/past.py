"""The demo's past: the database's clock turned back, so that the engine's own verbs write the history as it was.

Only this process sees the clock turned. A worker that runs meanwhile may find a checkout of the past due, or its lease
lapsed, and take it up: that does no harm, but such a checkout lasts as long as the past is away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from console.engine.store.own_time import OwnTime
from console.models.types import POSTGRESQL_NOW


@dataclass
class PastClock:
    """How far the clock is turned back, in seconds; it never runs ahead of the real one."""

    behind_seconds: float = 0.0

    def go_back(self, seconds: float) -> None:
        """Go to a moment so many seconds before now."""
        self.behind_seconds = seconds

    def let_pass(self, seconds: float) -> None:
        """Let time go by, at most until now."""
        self.behind_seconds = max(0.0, self.behind_seconds - seconds)


@contextmanager
def turned_back(database: Engine) -> Iterator[PastClock]:
    """Put a clock of our own into every statement of this process on a database."""
    clock = PastClock()
    moments = {
        "sqlite": lambda: f"'now', '-{clock.behind_seconds:.3f} seconds'",
        "postgresql": lambda: f"({POSTGRESQL_NOW} - interval '{clock.behind_seconds:.3f} seconds')",
    }
    time = OwnTime(database, moments)
    time.begin()
    try:
        yield clock
    finally:
        time.end()
