"""What is counted while requests are served: refusals of the rate limit, hits and misses of the status cache.

The counts live where the rate limits live: in Redis for all processes together, or in this one's memory. Each hour has
a counter of its own, kept a little longer than a week. While Redis is gone nothing is counted, and nobody waits for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from flask import has_app_context
from redis.exceptions import RedisError

from console.extensions import limiter

RATE_LIMIT_HITS, CACHE_HITS, CACHE_MISSES = "rate-limit-hits", "cache-hits", "cache-misses"
_HOUR_SECONDS = 3600
_MOST_HOURS = 7 * 24
_KEPT_SECONDS = (_MOST_HOURS + 2) * _HOUR_SECONDS
_PAUSE_SECONDS = 10
_OUTAGES = (RedisError, OSError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Traffic:
    """What was counted in a window."""

    rate_limit_hits: int = 0
    cache_hits: int = 0
    cache_misses: int = 0


@dataclass
class _Outage:
    """Until when, by this process's monotonic clock, a storage that was gone is left alone."""

    until: float = 0.0

    def note(self, error: Exception) -> None:
        """Begin a pause."""
        self.until = time.monotonic() + _PAUSE_SECONDS
        log.warning("traffic_uncounted", reason=str(error))

    def lasts(self) -> bool:
        """Tell whether the pause lasts."""
        return time.monotonic() < self.until


_outage = _Outage()


def count(name: str) -> None:
    """Count one of something now; with the storage gone it goes uncounted."""
    if _outage.lasts() or not has_app_context():
        return
    try:
        limiter.storage.incr(_key(name, _hour()), _KEPT_SECONDS)
    except _OUTAGES as error:
        _outage.note(error)


def read_traffic(*, hours: int) -> Traffic:
    """Read what was counted in the last hours, at most a week of them; nothing with the storage gone."""
    if _outage.lasts():
        return Traffic()
    try:
        sums = [_sum(name, hours) for name in (RATE_LIMIT_HITS, CACHE_HITS, CACHE_MISSES)]
    except _OUTAGES as error:
        _outage.note(error)
        return Traffic()
    return Traffic(*sums)


def _sum(name: str, hours: int) -> int:
    last = _hour()
    slots = range(last - min(hours, _MOST_HOURS), last + 1)
    return sum(limiter.storage.get(_key(name, slot)) for slot in slots)


def _key(name: str, hour: int) -> str:
    return f"traffic/{name}/{hour}"


def _hour() -> int:
    return int(time.time()) // _HOUR_SECONDS
