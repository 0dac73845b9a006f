"""The table of guards does not rot: each text is there once, and so are the tests that ought to notice its removal."""

from __future__ import annotations

import pytest

from tests.guards import GUARDS, Guard, find_rot


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_table_says(guard: Guard) -> None:
    assert find_rot(guard) is None
    assert guard.new != guard.old


def test_each_guard_has_one_row() -> None:
    assert len({guard.name for guard in GUARDS}) == len({(guard.file, guard.old) for guard in GUARDS}) == len(GUARDS)
