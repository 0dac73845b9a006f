"""The statistics of the checkouts: counts are exact; the 95th percentile is taken from the window's own durations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, func, or_, select

from console.engine.driving.locks import is_due, is_stuck
from console.engine.errors import InvalidInput
from console.engine.machine import COMMITTED_STATES, ENDED, LIVE, Outcome, State
from console.engine.prices.drift import count_drifted
from console.engine.store.database import Reader
from console.engine.store.tables import locks
from console.models.types import clock
from console.telemetry.sql import epoch_seconds
from console.telemetry.traffic import Traffic

DEFAULT_HOURS = 24
MOST_HOURS = 720
SUCCESS_RATE_TARGET, CACHE_HIT_TARGET = 95, 80  # per cent, to be exceeded
DURATION_TARGET_SECONDS = 30  # to stay below on average
_MOST_DIGITS = 4
# What counts against the shop; who cancels, lets the time run out or is released by a human has not failed.
FAILURES = (Outcome.DECLINED, Outcome.OUT_OF_STOCK, Outcome.INVALID_CART, Outcome.ERROR)
ENDED_AT = func.coalesce(locks.c.completed_at, locks.c.failed_at)
SECONDS_TAKEN: ColumnElement[Any] = epoch_seconds(ENDED_AT) - epoch_seconds(locks.c.processed_at)


class Statistics(BaseModel):
    """How the checkouts are now, and how those went that ended in the last `hours`."""

    hours: int
    active: int = Field(description="live now")
    completed: int = Field(description="in the window")
    failed: int = Field(description="declined, out of stock, invalid cart or error, in the window")
    expired: int = Field(description="due and not swept up yet, now")
    states: dict[str, int] = Field(description="live ones now, ended ones in the window")
    success_rate: float | None = Field(description="per cent of completed and failed; null without any")
    average_duration_seconds: float | None = Field(description="first payment to end")
    p95_duration_seconds: float | None
    failures_by_phase: dict[str, int]
    outcomes: dict[str, int]
    stuck: int = Field(description="due for a minute, or in need of attention, now")
    price_drift: int = Field(description="begun in the window, their prices moved beyond the tolerance since")
    rate_limit_hits: int
    cache_hit_rate: float | None = Field(description="per cent of the status questions; null without any")


def read_window(hours: str) -> int:
    """Read a number of hours as an address has it.

    Raises:
        InvalidInput: when it is none, or out of bounds.
    """
    if hours.isascii() and hours.isdigit() and len(hours) <= _MOST_DIGITS and 1 <= int(hours) <= MOST_HOURS:
        return int(hours)
    raise InvalidInput(f"hours is a whole number from 1 to {MOST_HOURS}.", field="hours")


def read_statistics(reader: Reader, *, hours: int, tolerance_minor: int, traffic: Traffic) -> Statistics:
    """Read the statistics, in a constant number of statements."""
    since = read_clock(reader) - timedelta(hours=hours)
    ended = read_endings(reader, since=since)
    states = dict.fromkeys(map(str, COMMITTED_STATES), 0) | read_live_states(reader) | _by_state(ended)
    completed, failed = states[State.COMPLETED], sum(_failures(ended).values())
    average, p95 = read_durations(reader, since=since)
    return Statistics(
        hours=hours,
        active=sum(states[state] for state in LIVE),
        completed=completed,
        failed=failed,
        expired=_count(reader, is_due()),
        states=states,
        success_rate=percentage(completed, completed + failed),
        average_duration_seconds=average,
        p95_duration_seconds=p95,
        failures_by_phase=_failures(ended),
        outcomes=_by_outcome(ended),
        stuck=_count(reader, is_stuck()),
        price_drift=count_drifted(reader, since=since, tolerance_minor=tolerance_minor),
        rate_limit_hits=traffic.rate_limit_hits,
        cache_hit_rate=percentage(traffic.cache_hits, traffic.cache_hits + traffic.cache_misses),
    )


def percentage(part: int, whole: int) -> float | None:
    """Tell how many per cent a part is, to two places; None of nothing."""
    return round(100 * part / whole, 2) if whole else None


def read_clock(reader: Reader) -> datetime:
    """Read the database's clock. As a value, not an expression, it lets an index find what is younger than a window."""
    now: datetime = reader.execute(select(clock())).scalar_one()
    return now


def ended_since(since: datetime) -> ColumnElement[bool]:
    """Build the condition that a checkout ended since a moment; each half has an index."""
    return or_(
        and_(locks.c.state == State.COMPLETED, locks.c.completed_at >= since),
        and_(locks.c.state == State.FAILED, locks.c.failed_at >= since),
    )


Endings = Mapping[tuple[str, str | None, str | None], int]


def read_endings(reader: Reader, *, since: datetime) -> Endings:
    """Count what ended since a moment, by state, phase and outcome."""
    columns = (locks.c.state, locks.c.phase, locks.c.outcome)
    query = select(*columns, func.count()).where(ended_since(since)).group_by(*columns)
    return {(state, phase, outcome): count for state, phase, outcome, count in reader.execute(query).tuples()}


def read_live_states(reader: Reader) -> dict[str, int]:
    """Count the live checkouts by state."""
    query = select(locks.c.state, func.count()).where(locks.c.state.in_(LIVE)).group_by(locks.c.state)
    return dict(reader.execute(query).tuples().all())


def read_durations(reader: Reader, *, since: datetime) -> tuple[float | None, float | None]:
    """Tell the average and the 95th percentile of the seconds from first payment to end; None without any."""
    taken = SECONDS_TAKEN.label("seconds")
    paid = and_(ended_since(since), locks.c.processed_at.is_not(None))
    count, average = reader.execute(select(func.count(), func.avg(SECONDS_TAKEN)).where(paid)).one()
    if not count:
        return None, None
    rank = math.ceil(0.95 * count) - 1
    p95 = reader.execute(select(taken).where(paid).order_by(taken).offset(rank).limit(1)).scalar_one()
    return _positive(average), _positive(p95)


def _positive(seconds: float) -> float:
    return max(0.0, round(float(seconds), 3))


def _count(reader: Reader, condition: ColumnElement[bool]) -> int:
    return int(reader.execute(select(func.count()).select_from(locks).where(condition)).scalar_one())


def _by_state(ended: Endings) -> dict[str, int]:
    return {str(state): _sum(ended, lambda key, state=state: key[0] == state) for state in ENDED}


def _by_outcome(ended: Endings) -> dict[str, int]:
    return {str(outcome): _sum(ended, lambda key, outcome=outcome: key[2] == outcome) for outcome in Outcome}


def _failures(ended: Endings) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, phase, outcome), count in ended.items():
        if outcome in FAILURES and phase is not None:
            found[phase] = found.get(phase, 0) + count
    return found


def _sum(ended: Endings, matches: Any) -> int:
    return sum(count for key, count in ended.items() if matches(key))
