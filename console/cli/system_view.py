"""The whole system, for people: how it is, what needs somebody, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from console.cli.drawing import BAD, GOOD, NOTHING, QUIET, WARNING, plain_table
from console.telemetry.system import Findings, System
from console.wording import counted, words

_MARKS = {"ok": ("✓", GOOD), "warning": ("!", WARNING), "error": ("✕", BAD), "hint": ("·", QUIET)}


def draw_system(system: System) -> RenderableType:
    """Draw the system."""
    return Group(*_state(system), *_recommendations(system))


def _state(system: System) -> Iterator[RenderableType]:
    yield Text.assemble(
        ("Database  ", "bold"), system.database.message, (f"   {system.dialect}, {system.address}", QUIET)
    )
    if system.findings is not None:
        yield from _findings(system.findings)


def _findings(found: Findings) -> Iterator[RenderableType]:
    table = plain_table(f"\nHealth: {found.health.status}", "", "", "", has_heading=False)
    for name, check in found.health.checks.items():
        table.add_row(Text(*_MARKS[check.status]), words(name), Text(check.message))
    yield table
    numbers = found.numbers
    rate = NOTHING if numbers.success_rate is None else f"{numbers.success_rate:.1f} % success"
    yield Text(
        f"\nLast {numbers.hours} hours: {numbers.completed:,} bought, {numbers.failed:,} failed, {rate}; "
        f"{counted(numbers.active, 'checkout')} live now."
    )


def _recommendations(system: System) -> Iterator[RenderableType]:
    if not system.recommendations:
        yield Text("\n✓ Nothing to recommend.", style=GOOD)
        return
    yield Text("\nRecommendations", style="bold")
    table = plain_table("", "", "", "", has_heading=False)
    for each in system.recommendations:
        mark, style = _MARKS[each.level]
        told = Text.assemble(each.finding, "\n", (each.advice, "cyan"))
        table.add_row(Text(mark, style=style), Text(each.subject, style=style), told)
    yield table
