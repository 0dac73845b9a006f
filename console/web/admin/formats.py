"""How the console writes times, money and words for people."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from console.engine.machine import STATE_NAMES, State
from console.engine.money import to_major

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
_A_MOMENT_SECONDS = 10
_MINUTE_SECONDS = 60


def register(app: Flask) -> None:
    """Give an app's templates these filters."""
    app.jinja_env.filters.update(
        ago=ago, duration=duration, exact=exact, money=money, state_name=state_name, words=words
    )


def ago(moment: datetime, now: datetime) -> str:
    """Tell how far away a moment is: `3 min ago`, `in 2 h`, `just now`."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < _A_MOMENT_SECONDS:
        return "just now"
    size, unit = next(((size, unit) for size, unit in _UNITS if abs(seconds) >= size), (1, "s"))
    distance = f"{int(abs(seconds) // size)} {unit}"
    return f"{distance} ago" if seconds > 0 else f"in {distance}"


def duration(length: timedelta) -> str:
    """Write how long something took: `12 ms`, `3.4 s`, `2 min 30 s`."""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < _MINUTE_SECONDS else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def exact(moment: datetime) -> str:
    """Write a moment out: `2026-11-03 14:05:09 UTC`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def money(amount_minor: int, currency: str) -> str:
    """Write an amount of minor units: `1,299.00 GBP`."""
    return f"{to_major(amount_minor, currency=currency):,f} {currency}"


def state_name(state: str) -> str:
    """Give the display name of a state."""
    return STATE_NAMES[State(state)]


def words(slug: str) -> str:
    """Write a stored word for people: `out_of_stock` is `Out of stock`."""
    return slug.replace("_", " ").capitalize()
