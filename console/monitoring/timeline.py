"""A checkout's steps as a waterfall: where each bar begins and how long it is, in parts of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_WHOLE = 100.0
_THINNEST = 0.6  # a bar that took no time is seen all the same


@dataclass(frozen=True)
class Bar:
    """One step; `offset` and `width` are per cent of the whole time, `took` is None while it is under way."""

    step: Any
    offset: float
    width: float
    took: timedelta | None


def waterfall(steps: Sequence[Any], *, now: datetime) -> list[Bar]:
    """Lay steps out along the time from the first one's begin to the last one's end, or to now while one is open."""
    if not steps:
        return []
    begin = min(step.started_at for step in steps)
    end = max(step.finished_at or now for step in steps)
    whole_seconds = max((end - begin).total_seconds(), 1e-6)
    return [_bar(step, begin, whole_seconds, now) for step in steps]


def _bar(step: Any, begin: datetime, whole_seconds: float, now: datetime) -> Bar:
    took = (step.finished_at or now) - step.started_at
    width = max(_WHOLE * took.total_seconds() / whole_seconds, _THINNEST)
    offset = min(_WHOLE * (step.started_at - begin).total_seconds() / whole_seconds, _WHOLE - _THINNEST)
    return Bar(
        step, round(offset, 2), round(min(width, _WHOLE - offset), 2), None if step.finished_at is None else took
    )
