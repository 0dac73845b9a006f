"""The monitor's picture: the checkouts on one screen, the most important first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.cli.drawing import BAD, GOOD, NOTHING, QUIET, WARNING, plain_table
from console.engine.machine import STATE_NAMES, State
from console.telemetry.monitor import Sight
from console.telemetry.overview import Pace, Station
from console.telemetry.statistics import (
    CACHE_HIT_TARGET,
    DURATION_TARGET_SECONDS,
    SUCCESS_RATE_TARGET,
    Statistics,
)
from console.wording import ago, counted, exact, lasting, words

_WIDE = 130
_BAR_CELLS = 16
_SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Surroundings:
    """How wide the picture may be, and whether the traffic's counts are this process's to see."""

    width: int
    counts_traffic: bool


def draw(sight: Sight, surroundings: Surroundings) -> RenderableType:
    """Draw what is to be seen."""
    halves = [_pipeline(sight), _ended(sight.numbers)]
    beside: RenderableType = Columns(halves, padding=(0, 4)) if surroundings.width >= _WIDE else Group(*halves)
    return Group(
        _heading(sight),
        _numbers(sight.numbers, surroundings),
        _trouble(sight),
        beside,
        *_failures(sight),
        _pace(sight.pace, sight.numbers.hours),
    )


def draw_outage(outage: Exception) -> RenderableType:
    """Draw that there is nothing to be seen for now."""
    told = str(getattr(outage, "orig", None) or outage).splitlines()[0]
    return Text(f"✕ The database cannot be asked: {told} Trying again.", style=BAD)


def _heading(sight: Sight) -> RenderableType:
    now = exact(sight.pipeline.now)
    return Text.assemble((f"Checkouts, the last {_window(sight.numbers.hours)}", "bold"), (f"   {now}", QUIET))


def _window(hours: int) -> str:
    return counted(hours, "hour") if hours % 24 or hours == 24 else counted(hours // 24, "day")  # noqa: PLR2004


def _numbers(numbers: Statistics, surroundings: Surroundings) -> RenderableType:
    rate, average, hits = numbers.success_rate, numbers.average_duration_seconds, numbers.cache_hit_rate
    high = _target(rate, f"> {SUCCESS_RATE_TARGET} %", is_met=(rate or 0) > SUCCESS_RATE_TARGET)
    fast = _target(average, f"< {DURATION_TARGET_SECONDS} s", is_met=(average or 0) < DURATION_TARGET_SECONDS)
    bought = f"{numbers.completed:,} bought, {numbers.failed:,} failed"
    slowest = f"95th percentile {_length(numbers.p95_duration_seconds)}"
    waiting = f"{numbers.expired:,} due and not swept up, {numbers.stuck:,} stuck"
    table = Table.grid(padding=(0, 2))
    table.add_row("Success rate", _per_cent(rate), high, bought)
    table.add_row("Average duration", _length(average), fast, slowest)
    table.add_row("Live now", f"{numbers.active:,}", "", waiting)
    table.add_row("Price drift", f"{numbers.price_drift:,}", "", "whose prices have moved since")
    if surroundings.counts_traffic:
        often = _target(hits, f"> {CACHE_HIT_TARGET} %", is_met=(hits or 0) > CACHE_HIT_TARGET)
        refused = f"{numbers.rate_limit_hits:,} refused by the rate limit"
        table.add_row("Status cache hits", _per_cent(hits), often, refused)
    else:
        table.add_row("Traffic", NOTHING, "", "not known here without REDIS_URL")
    return table


def _per_cent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} %"


def _length(seconds: float | None) -> str:
    return NOTHING if seconds is None else lasting(seconds)


def _target(value: float | None, target: str, *, is_met: bool) -> Text:
    if value is None:
        return Text(f"target {target}", style=QUIET)
    return Text(f"✓ {target}", style=GOOD) if is_met else Text(f"✕ target {target}", style=BAD)


def _trouble(sight: Sight) -> RenderableType:
    trouble = sight.trouble
    if not trouble.count:
        return Text("\n✓ No checkout needs anybody's attention.", style=GOOD)
    more = "+" if trouble.count > trouble.cap else ""
    shown = min(trouble.count, trouble.cap)
    needs = "checkout needs" if shown == 1 else "checkouts need"
    table = plain_table(f"\n⚠ {shown:,}{more} {needs} somebody's attention", "reference", "state", "why", "since")
    table.title_style = BAD
    for row in trouble.rows:
        table.add_row(
            Text(row.reference, no_wrap=True),
            STATE_NAMES[State(row.state)],
            Text(row.needs_attention),
            Text(ago(row.changed_at, row.now), no_wrap=True),
        )
    return Group(table, Text("  More: flask --app wsgi checkout diagnostics --reference …", style=QUIET))


def _pipeline(sight: Sight) -> RenderableType:
    table = plain_table("\nUnder way now", "where", "", "checkouts", "the oldest began", numbers=("checkouts",))
    most = max(1, *(station.count for station in sight.pipeline.stations))
    for station in sight.pipeline.stations:
        if station.state is not None:
            table.add_row(*_station(station, sight, most=most))
    return table


def _station(station: Station, sight: Sight, *, most: int) -> Sequence[RenderableType]:
    oldest = ago(station.oldest, sight.pipeline.now) if station.oldest else ""
    return Text(words(station.name), no_wrap=True), _bar(station.count, most, "cyan"), f"{station.count:,}", oldest


def _ended(numbers: Statistics) -> RenderableType:
    table = plain_table("\nEnded in this time", "how", "", "checkouts", "", numbers=("checkouts",))
    found = {"completed": numbers.completed, **numbers.outcomes}
    most, whole = max(1, *found.values()), sum(found.values())
    for how, count in found.items():
        style = GOOD if how == "completed" else WARNING
        share = f"{100 * count / whole:.0f} %" if whole and count else ""
        table.add_row(words(how), _bar(count, most, style), f"{count:,}", Text(share, style=QUIET))
    return table


def _bar(count: int, most: int, style: str) -> Text:
    cells = max(1, round(_BAR_CELLS * count / most)) if count else 0
    return Text(f"{'█' * cells:<{_BAR_CELLS}}", style=style, no_wrap=True)


def _failures(sight: Sight) -> Iterable[RenderableType]:
    matrix = sight.failures
    if not matrix.phases:
        return
    names = [words(outcome) for outcome in matrix.outcomes]
    table = plain_table("\nEnded without an order, by phase", "phase", *names, numbers=names)
    for phase in matrix.phases:
        counts = [matrix.counts.get((phase, outcome)) for outcome in matrix.outcomes]
        table.add_row(
            words(phase) if phase else "Before payment", *(f"{count:,}" if count else NOTHING for count in counts)
        )
    yield table


def _pace(pace: Pace, hours: int) -> RenderableType:
    def sparks(of: Any) -> str:
        most = max(1, *(of(bar) for bar in pace.bars))
        return "".join(_spark(of(bar), most) for bar in pace.bars)

    table = Table.grid(padding=(0, 2))
    told = f"each {lasting(pace.bar_seconds)}, from {_window(hours)} ago to now"
    table.add_row("Bought", Text(sparks(lambda bar: bar.completed), style=GOOD, no_wrap=True), f"{pace.completed:,}")
    table.add_row("Otherwise", Text(sparks(lambda bar: bar.failed), style=WARNING, no_wrap=True), f"{pace.failed:,}")
    return Group(Text("\nThroughput", style="bold"), table, Text(told, style=QUIET))


def _spark(count: int, most: int) -> str:
    return _SPARKS[min(len(_SPARKS) - 1, count * len(_SPARKS) // (most + 1))] if count else "·"
