"""How times, lengths, amounts and stored words are written for people, in the console and on the command line."""

from __future__ import annotations

from datetime import datetime, timedelta

from console.engine.prices.money import to_major

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
_A_MOMENT_SECONDS = 10
_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_DAY_SECONDS = 86400


def ago(moment: datetime, now: datetime) -> str:
    """Tell how far away a moment is: `3 min ago`, `in 2 h`, `just now`."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < _A_MOMENT_SECONDS:
        return "just now"
    size, unit = next(((size, unit) for size, unit in _UNITS if abs(seconds) >= size), (1, "s"))
    distance = f"{int(abs(seconds) // size)} {unit}"
    return f"{distance} ago" if seconds > 0 else f"in {distance}"


def until(moment: datetime, now: datetime) -> str:
    """Tell how long it is until a moment: `in 40 s`; one that has come is `at once`."""
    seconds = (moment - now).total_seconds()
    if seconds <= 1:
        return "at once"
    return f"in {int(seconds)} s" if seconds < _A_MOMENT_SECONDS else ago(moment, now)


def duration(length: timedelta) -> str:
    """Write how long something took: `12 ms`, `3.4 s`, `2 min 30 s`, `5 h 12 min`, `3 d`."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE_SECONDS:
        return f"{seconds:.1f} s"
    for size, unit, part, part_unit in (
        (_DAY_SECONDS, "d", _HOUR_SECONDS, "h"),
        (_HOUR_SECONDS, "h", _MINUTE_SECONDS, "min"),
    ):
        if seconds >= size:
            return _in_two(int(seconds // size), unit, int(seconds % size // part), part_unit)
    return _in_two(int(seconds // 60), "min", int(seconds % 60), "s")


def lasting(length_seconds: float) -> str:
    """Write how long something took, as `duration`, given in seconds."""
    return duration(timedelta(seconds=length_seconds))


def _in_two(larger: int, unit: str, smaller: int, smaller_unit: str) -> str:
    return f"{larger} {unit} {smaller} {smaller_unit}" if smaller else f"{larger} {unit}"


def exact(moment: datetime) -> str:
    """Write a moment out: `2026-11-03 14:05:09 UTC`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def money(amount_minor: int, currency: str) -> str:
    """Write an amount of minor units: `1,299.00 GBP`."""
    return f"{to_major(amount_minor, currency=currency):,f} {currency}"


def words(slug: str) -> str:
    """Write a stored word for people: `out_of_stock` is `Out of stock`."""
    return slug.replace("_", " ").capitalize()


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Write a number with its noun: `1 piece`, `1,200 pieces`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
