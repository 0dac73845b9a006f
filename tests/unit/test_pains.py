"""`docs/pains.md` is an index of tests: every pain and edge case has one, and every test it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.places import ROOT

LINES = [
    line
    for line in (ROOT / "docs" / "pains.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| pain |", "| case |"))
]


@cache
def names_in(path: str) -> frozenset[str]:
    """Name the test functions in a file, those in classes too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("|")[1].strip())
def test_a_pain_has_its_tests(line: str) -> None:
    named = re.findall(r"`(tests/\S+\.py)::(?:\w+::)?(test_\w+)`", line)

    assert named
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_every_pain_and_edge_case_has_its_line() -> None:
    filed = {number for line in LINES for number in re.findall(r"#\d+", line)}

    assert len(filed) == 20
    assert len(LINES) == 44
