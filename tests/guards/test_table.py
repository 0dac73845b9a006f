"""The table does not rot: what a row names is there once, it can be taken away in one way, and its tests are there."""

from __future__ import annotations

import ast

import pytest

from tests.guards.removal import ROOT, Guard, find_rot, without
from tests.guards.table import GUARDS


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_table_says(guard: Guard) -> None:
    assert find_rot(guard) is None
    file, source = without(guard)
    assert ast.dump(ast.parse(source)) != ast.dump(ast.parse((ROOT / file).read_text(encoding="utf-8")))


def test_each_guard_has_one_row() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
    assert len({(guard.symbol, guard.mutation) for guard in GUARDS}) == len(GUARDS)
