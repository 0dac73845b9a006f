"""The campaign's matrix: what it says to people and programs, and that 100 % means all."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.campaign.chaos.report import Matrix, Row
from tests.campaign.chaos.verdicts import End, Tally


def row(*, violations: int = 0, **ends: int) -> Row:
    counted = Counter({End[name.upper()]: number for name, number in ends.items()})
    return Row("SQLite", "kills", "bought", Tally(counted, [f"wrong {number}" for number in range(violations)]))


def test_a_row_counts_ends_and_violations() -> None:
    line = row(completed=10, undone=1, attention=1).as_line()

    assert line.split() == ["bought", "12", "10", "1", "1", "0", "100", "%"]


def test_one_violation_among_thousands_is_no_hundred_percent() -> None:
    assert row(completed=9999, violations=1).as_line().endswith("99.9 %")


def test_a_row_without_checkouts_says_why() -> None:
    untried = Row("SQLite", "kills", "captured later", Tally(), note="not known yet")

    assert untried.as_line().split(maxsplit=2)[2] == "not run: not known yet"


def test_a_matrix_is_sound_only_when_something_ran_and_nothing_speaks_against_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    matrix = Matrix(seed=3)
    assert not matrix.is_sound

    matrix.add(row(completed=2))
    assert matrix.is_sound
    assert matrix.sum_up() == "100 %: 2 checkouts, 0 violations (CHAOS_SEED=3)"

    matrix.add(row(completed=1, violations=1))
    assert not matrix.is_sound
    assert matrix.as_document()["rows"][1]["violations"] == ["wrong 0"]
    assert "wrong 0" in capsys.readouterr().out
