"""What the dashboard shows beyond the statistics: what waits where, what needs somebody, what failed how, the pace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, select

from console.engine.driving.locks import is_stuck, needs_attention
from console.engine.machine import LIVE, Outcome, Phase, State
from console.engine.store.database import Reader
from console.engine.store.tables import locks
from console.models.types import clock
from console.telemetry.sql import epoch_seconds, whole_part
from console.telemetry.statistics import ENDED_AT, ended_since, read_clock, read_endings

MOST_SHOWN = 8
BARS = 24
_MOST_COUNTED = 10_000
# In which state a live checkout waits in a phase; the other phases begin and end within one transaction.
_WAITING: Mapping[Phase, State] = {
    Phase.PRICE_LOCK: State.LOCKING_PRICES,
    Phase.PAYMENT_AUTHORIZATION: State.AUTHORIZING,
    Phase.PAYMENT_CAPTURE: State.CAPTURING,
}


@dataclass(frozen=True)
class Station:
    """A place on the way of a checkout: how many are there, since when the oldest of them is under way.

    `state` is what the list is filtered by; None where no checkout is ever seen waiting.
    """

    name: str
    state: State | None
    count: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Pipeline:
    """The stations in their order, and the database's clock."""

    stations: Sequence[Station]
    now: datetime


@dataclass(frozen=True)
class Trouble:
    """The checkouts that need somebody: how many (up to the cap), how many more are overdue, and the newest ones."""

    count: int
    stuck: int
    rows: Sequence[Row[Any]]
    cap: int = _MOST_COUNTED


@dataclass(frozen=True)
class FailureMatrix:
    """How many checkouts failed in each phase with each outcome; `phases` has None for before the first."""

    phases: Sequence[str | None]
    outcomes: Sequence[str]
    counts: Mapping[tuple[str | None, str], int]


@dataclass(frozen=True)
class PaceBar:
    """What ended in one part of the window."""

    completed: int
    failed: int


@dataclass(frozen=True)
class Pace:
    """What ended over the window, the oldest part first, each `bar_seconds` long."""

    bars: Sequence[PaceBar]
    bar_seconds: int

    @property
    def completed(self) -> int:
        """Tell how many were completed."""
        return sum(bar.completed for bar in self.bars)

    @property
    def failed(self) -> int:
        """Tell how many ended otherwise."""
        return sum(bar.failed for bar in self.bars)

    @property
    def highest(self) -> int:
        """Tell the most that ended in one part, at least 1."""
        return max(1, *(bar.completed + bar.failed for bar in self.bars))


def read_pipeline(reader: Reader) -> Pipeline:
    """Count the live checkouts at each station, in two statements."""
    query = select(locks.c.state, func.count(), func.min(locks.c.locked_at)).where(locks.c.state.in_(LIVE))
    found = {state: (count, oldest) for state, count, oldest in reader.execute(query.group_by(locks.c.state)).tuples()}
    now = read_clock(reader)

    def station(name: str, state: State | None) -> Station:
        return Station(name, state, *(found.get(state, (0, None)) if state else ()))

    phases = [station(phase, _WAITING.get(phase)) for phase in Phase]
    return Pipeline((station("not_paid_yet", State.PENDING), *phases, station("going_back", State.ROLLING_BACK)), now)


def read_trouble(reader: Reader) -> Trouble:
    """Read what needs somebody, the newest first, in three statements."""
    troubled = needs_attention()
    shown = select(*locks.c["id", "reference", "state", "needs_attention", "changed_at"], clock().label("now"))
    rows = reader.execute(shown.where(troubled).order_by(locks.c.id.desc()).limit(MOST_SHOWN)).all()
    return Trouble(_capped(reader, troubled), _capped(reader, is_stuck()), rows)


def read_failures(reader: Reader, *, hours: int) -> FailureMatrix:
    """Count what ended in the window without an order, by phase and outcome."""
    counts: dict[tuple[str | None, str], int] = {}
    for (_, phase, outcome), count in read_endings(reader, since=_begin(reader, hours)).items():
        if outcome is not None:
            counts[phase, outcome] = count
    phases = [phase for phase in (None, *map(str, Phase)) if any(key[0] == phase for key in counts)]
    outcomes = [str(outcome) for outcome in Outcome if any(key[1] == outcome for key in counts)]
    return FailureMatrix(phases, outcomes, counts)


def read_pace(reader: Reader, *, hours: int) -> Pace:
    """Count what ended in each part of the window, in two statements."""
    bar_seconds = hours * 3600 // BARS
    now = read_clock(reader)
    age = whole_part((now.timestamp() - epoch_seconds(ENDED_AT)) / float(bar_seconds)).label("age")
    is_completed = case((locks.c.state == State.COMPLETED, 1), else_=0).label("is_completed")
    ended = select(age, is_completed).where(ended_since(now - timedelta(hours=hours))).subquery()
    query = select(ended.c.age, func.sum(ended.c.is_completed), func.count()).group_by(ended.c.age)
    bars = [PaceBar(0, 0)] * BARS
    for bars_ago, completed, count in reader.execute(query).tuples():
        place = BARS - 1 - min(max(bars_ago, 0), BARS - 1)
        bars[place] = PaceBar(bars[place].completed + completed, bars[place].failed + count - completed)
    return Pace(bars, bar_seconds)


def _begin(reader: Reader, hours: int) -> datetime:
    return read_clock(reader) - timedelta(hours=hours)


def _capped(reader: Reader, condition: Any) -> int:
    some = select(locks.c.id).where(condition).limit(_MOST_COUNTED + 1).subquery()
    return int(reader.execute(select(func.count()).select_from(some)).scalar_one())
