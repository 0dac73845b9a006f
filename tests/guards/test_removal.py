"""A short run of the guards: some are really taken away, one of each kind, and a test notices."""

from __future__ import annotations

import pytest

from tests.guards.__main__ import main
from tests.guards.mutations import Mutation, drops, never
from tests.guards.removal import Guard, find_rot, try_without
from tests.guards.table import GUARDS

SAMPLE = [
    "a decision needs its own fence",
    "stock is taken only while it is there",
    "an answer of another amount is not taken",
    "a cart is held once (partial unique index)",
]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_guard_that_is_gone_is_noticed(name: str) -> None:
    (guard,) = (each for each in GUARDS if each.name == name)

    noticed = try_without(guard)

    assert noticed is not None
    assert f"::{noticed.partition('[')[0]}" in guard.tests


def test_a_guard_that_no_test_misses_is_told() -> None:
    unmissed = Guard(
        "nobody looks", "decide", drops("under_fence"), "test_csv_files.py::test_a_byte_order_mark_belongs_to_no_cell"
    )

    assert try_without(unmissed) is None


@pytest.mark.parametrize(
    ("symbol", "mutation", "tests", "problem"),
    [
        ("no_such_symbol", drops("under_fence"), "", "there is no no_such_symbol"),
        ("decide", drops("DUE"), "", "drops('DUE') has 0 places in decide, "),
        ("go_back", never("back"), "", "never('back') has 2 places in go_back, "),
        (
            "decide",
            drops("under_fence"),
            "test_fences.py::test_of_nothing",
            "there is no test_fences.py::test_of_nothing",
        ),
    ],
)
def test_a_row_that_rots_is_told(symbol: str, mutation: Mutation, tests: str, problem: str) -> None:
    rot = find_rot(Guard("rotten", symbol, mutation, tests))

    assert rot is not None
    assert rot.startswith(problem)


def test_a_word_that_no_guard_has_tries_nothing() -> None:
    assert main(["no guard is called so"]) == 1
