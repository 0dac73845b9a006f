"""The benchmark's result, for people and as one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

COLUMNS = (
    "what",
    "clients",
    "per second",
    "floor",
    "ratio",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "web CPU ms",
    "database CPU ms",
    "driver CPU ms",
    "failed",
)
COUNTS = {
    "statements": "SQL statements",
    "commits": "commits",
    "wal_bytes": "WAL bytes",
    "wal_records": "WAL records",
    "look_ups": "foreign-key look-ups",
    "python_calls": "Python calls",
}
_GAP = "  "


def render(document: dict[str, Any]) -> str:
    """Lay the result out as tables."""
    parts = [_conditions(document)]
    if document["cells"]:
        parts.append(_table(COLUMNS, [_row(cell) for cell in document["cells"]]))
    if document["requests"]:
        parts.append(_counts(document["requests"]))
    if document["baskets"]:
        parts.append(_baskets(document["baskets"]))
    told = [failure for cell in document["cells"] for failure in cell["own"]["failures"] + cell["floor"]["failures"]]
    return "\n\n".join([*parts, *(f"failed: {failure}" for failure in told)])


def _conditions(document: dict[str, Any]) -> str:
    conditions = document["conditions"]
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in conditions.items())


def _row(cell: dict[str, Any]) -> list[str]:
    own = cell["own"]
    times = [_number(own[f"p{share}_ms"]) for share in (50, 95, 99)]
    costs = [_number(own[f"{who}_cpu_ms"], 2) for who in ("web", "database", "driver")]
    rates = [_number(own["per_second"]), _number(cell["floor"]["per_second"]), _number(cell["ratio"], 3)]
    return [cell["name"], str(cell["clients"]), *rates, *times, *costs, str(own["failed"])]


def _counts(requests: dict[str, dict[str, int]]) -> str:
    rows = [[name, *(f"{counts[key]:,}" for key in COUNTS)] for name, counts in requests.items()]
    total = [f"{sum(counts[key] for counts in requests.values()):,}" for key in COUNTS]
    return _table(("request of a checkout", *COUNTS.values()), [*rows, ["all three", *total]])


def _baskets(runs: Sequence[dict[str, Any]]) -> str:
    columns = ("real baskets by", "bought", "refused", "failed", "per second", "p50 ms", "p95 ms", "p99 ms")
    return _table(columns, [_basket_row(run) for run in runs])


def _basket_row(run: dict[str, Any]) -> list[str]:
    times = [_number(1000 * run["durations"].get(f"p{share}", 0.0)) for share in (50, 95, 99)]
    counts = [str(run["bought"]), str(sum(run["refused"].values())), str(run["failed"])]
    return [f"{run['clients']} processes", *counts, _number(run["per_second"]), *times]


def _number(value: float | None, places: int = 1) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in (columns, *rows)) for place in range(len(columns))]
    return "\n".join(
        _GAP.join(_cell(text, width, place) for place, (text, width) in enumerate(zip(row, widths, strict=True)))
        for row in (columns, *rows)
    )


def _cell(text: str, width: int, place: int) -> str:
    return text.rjust(width) if place else text.ljust(width)
