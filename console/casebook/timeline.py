"""A checkout's steps as a waterfall: where each bar begins and how long it is, in parts of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    @property
    def note(self) -> str:
        """Say why the step failed, where it is known: what the gateway or the cart's check said, what is short."""
        detail = self.step.detail or {}
        short = [
            f"{each['sku']}: {each['requested']} wanted, {each['available']} left"
            for each in _list(detail, "shortages")
        ]
        said = [each["message"] for each in _list(detail, "reasons")]
        return " ".join([detail.get("message") or "", "; ".join(short), *said]).strip()


def _list(detail: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = detail.get(name) or ()
    return found


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
