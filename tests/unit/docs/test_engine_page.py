"""The tables of `docs/engine.md` say what the code does."""

from __future__ import annotations

import re

from console.engine.care.invariants import INVARIANTS, amounts, holds, sales, stock, trail
from console.engine.machine import PHASE_STATES, TRANSITIONS, State
from console.engine.phases import LEG_THREE, LEG_TWO, PAYING_PHASES, RESERVING_PHASES
from tests.support.repository import ROOT

TEXT = (ROOT / "docs/engine.md").read_text(encoding="utf-8")


def rows_below(heading: str) -> list[list[str]]:
    """Give the cells of the first table below a heading, its own head left out."""
    section = TEXT.split(f"\n{heading}\n")[1]
    table = re.search(r"^\|.*?(?=^[^|])", section, flags=re.MULTILINE | re.DOTALL)
    assert table
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[0].splitlines()[2:]]


def words(cell: str) -> list[str]:
    """Give what a cell has in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def test_the_phases_stand_with_their_legs_and_states() -> None:
    rows = [row for row in rows_below("## Phases and legs") if words(row[1])]
    written = [(leg, *words(phase), *words(state)) for leg, phase, state, *_ in rows]
    legs = {"1": RESERVING_PHASES + PAYING_PHASES, "2": LEG_TWO, "3": LEG_THREE}

    assert written == [(leg, each.PHASE, PHASE_STATES[each.PHASE]) for leg, phases in legs.items() for each in phases]


def test_the_transitions_are_those_of_the_machine() -> None:
    written: dict[State | None, set[State]] = {}
    for before, after, _ in rows_below("### Committed transitions"):
        for state in [None] if before == "(new)" else map(State, words(before)):
            written.setdefault(state, set()).update(map(State, words(after)))

    assert written == {before: set(after) for before, after in TRANSITIONS.items() if after}


def test_each_invariant_is_written_with_the_module_that_checks_it() -> None:
    modules = {each.__name__.rpartition(".")[2]: each.INVARIANTS for each in (amounts, holds, sales, stock, trail)}

    written = {int(number): checked_in for number, _, checked_in, _ in rows_below("## Invariants")}

    assert written == {each.number: f"`{name}.py`" for name, some in modules.items() for each in some}
    assert [each.number for each in INVARIANTS] == sorted(written)


def test_the_cheap_invariants_are_named() -> None:
    cheap = ", ".join(str(each.number) for each in INVARIANTS if each.is_cheap)

    assert f"the cheap ones ({cheap})" in " ".join(TEXT.split())
