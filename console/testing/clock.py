"""Time that stands still until a test lets it pass: the database's clock, as this process sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from console.engine.store.own_time import OwnTime
from console.models.types import SQLITE_FORMAT


class FrozenClock:
    """The database's clock, stopped; a context manager.

    Every deadline of the engine is kept by the database's clock, so that is the one to stop. While the clock is
    frozen, each statement of this process asks for the frozen moment where it would ask for now, on every database
    and also on connections that are open already. Nothing is changed in the database or on the host: what other
    processes write has the real time, and how long a phase takes is measured in it.
    """

    def __init__(self, at: datetime | None = None) -> None:
        """Stop at a moment, whole milliseconds of it; at this one by default.

        Raises:
            ValueError: when the moment has no time zone.
        """
        self._moment = _checked(at or datetime.now(UTC))
        moments = {
            "sqlite": lambda: f"'{self._moment.strftime(SQLITE_FORMAT)}'",
            "postgresql": lambda: f"TIMESTAMPTZ '{self._moment.isoformat()}'",
        }
        self._time = OwnTime(None, moments)

    @property
    def now(self) -> datetime:
        """The moment that it is, in UTC."""
        return self._moment

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Let time pass, and tell what time it is then.

        Raises:
            ValueError: when time would go backwards.
        """
        return self.move_to(self._moment + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def move_to(self, moment: datetime) -> datetime:
        """Let time pass until a moment, and give that moment.

        Raises:
            ValueError: when it has no time zone, or is in the past.
        """
        later = _checked(moment)
        if later < self._moment:
            raise ValueError(f"time does not go back from {self._moment} to {later}")
        self._moment = later
        return later

    def freeze(self) -> None:
        """Stop the clock. Of several that are stopped at a time, the last one counts."""
        self._time.begin()

    def thaw(self) -> None:
        """Let the real time be seen again."""
        self._time.end()

    def __enter__(self) -> Self:
        self.freeze()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.thaw()


def _checked(moment: datetime) -> datetime:
    """Give a moment in UTC, cut to milliseconds, which is all that SQLite's clock has."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment!r}")
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
