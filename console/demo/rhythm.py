"""When the demo's shop is busy: quiet nights, a peak at lunch and one in the evening, a little more from day to day."""

from __future__ import annotations

import random
from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import accumulate

DAYS = 7
_HOUR = 3600.0
_LAST_MINUTES = 30  # what is told of the very last minutes has its own moments
# How busy each hour of the day is, from midnight on, in the shop's time: UTC, as the console shows it.
_HOURS = (
    0.3, 0.15, 0.05, 0.05, 0.05, 0.1, 0.3, 0.7, 1.1, 1.4, 1.6, 2.0,
    2.8, 2.4, 1.5, 1.4, 1.6, 2.0, 2.6, 3.2, 3.4, 2.6, 1.5, 0.7,
)  # fmt: skip
_GROWTH = (0.7, 0.65, 0.8, 0.85, 1.0, 1.1, 1.3)


def spread(count: int, *, now: datetime) -> list[float]:
    """Spread so many moments over the last days; give how many seconds ago each is, the earliest first."""
    chance = random.Random("rhythm")  # noqa: S311 - the same demo everywhere, no secret
    shares = list(accumulate(_busyness(now)))
    wanted = (shares[-1] * (place + chance.random()) / count for place in range(count))
    return [_seconds_ago(shares, share) for share in wanted]


def _busyness(now: datetime) -> list[float]:
    """Weigh every hour before now, the earliest first."""
    start = now - timedelta(days=DAYS)
    middles = (start + timedelta(hours=hour + 0.5) for hour in range(24 * DAYS))
    return [_HOURS[middle.hour] * _GROWTH[number // 24] for number, middle in enumerate(middles)]


def _seconds_ago(shares: list[float], share: float) -> float:
    hour = bisect_left(shares, share)
    before = shares[hour - 1] if hour else 0.0
    part = (share - before) / (shares[hour] - before)
    return max(_HOUR * (24 * DAYS - hour - part), 60.0 * _LAST_MINUTES)
