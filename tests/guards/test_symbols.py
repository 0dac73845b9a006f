"""A symbol and a test are found by their names, wherever they have gone; what is not there once is told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guards.symbols import Rotten, find_symbol, find_test

PROJECT = {
    "console/engine/locks.py": "LEGS = 1\nNEXT: int = 2\n\ndef decide():\n    within = 3\n\ndef _act(): ...\n",
    "console/engine/walk.py": "class Walk:\n    def run(self): ...\n\nclass Rest:\n    def run(self): ...\n",
    "console/staff/actions.py": "def _act():\n    return 4\n",
    "migrations/versions/0001_tables.py": """
def upgrade():
    op.create_table("orders", sa.UniqueConstraint("lock_id", name=op.f("uq_orders_lock_id")), sa.Column("id"))
    with op.batch_alter_table("carts") as batch_op:
        batch_op.create_index("uq_carts_open", ["id"], unique=True)
        batch_op.create_index(batch_op.f("ix_carts_id"), ["id"])

def downgrade():
    op.drop_index("uq_carts_open")
""",
    "tests/engine/test_walk.py": "def test_it_goes(): ...\n\nclass TestRest:\n    def test_it_rests(self): ...\n",
    "tests/engine/test_pages.py": "def test_it_shows(): ...\n",
    "tests/web/test_pages.py": "def test_it_shows(): ...\n\ndef test_it_hides(): ...\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a small project down."""
    for name, source in PROJECT.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("symbol", "file", "code"),
    [
        ("decide", "console/engine/locks.py", "def decide():\n    within = 3"),
        ("LEGS", "console/engine/locks.py", "LEGS = 1"),
        ("NEXT", "console/engine/locks.py", "NEXT: int = 2"),
        ("Rest.run", "console/engine/walk.py", "def run(self):\n    ..."),
        ("staff:_act", "console/staff/actions.py", "def _act():\n    return 4"),
        ("actions:_act", "console/staff/actions.py", "def _act():\n    return 4"),
        (
            "uq_orders_lock_id",
            "migrations/versions/0001_tables.py",
            "op.create_table('orders', sa.UniqueConstraint('lock_id', name=op.f('uq_orders_lock_id')), sa.Column('id'))",
        ),
        (
            "uq_carts_open",
            "migrations/versions/0001_tables.py",
            "batch_op.create_index('uq_carts_open', ['id'], unique=True)",
        ),
        (
            "ix_carts_id",
            "migrations/versions/0001_tables.py",
            "batch_op.create_index(batch_op.f('ix_carts_id'), ['id'])",
        ),
    ],
)
def test_a_symbol_is_found_by_its_name(project: Path, symbol: str, file: str, code: str) -> None:
    found, tree, node = find_symbol(symbol, project)

    assert (found.as_posix(), ast.unparse(node)) == (file, code)
    assert node in ast.walk(tree)


@pytest.mark.parametrize(
    ("symbol", "problem"),
    [
        ("finish", "there is no finish"),
        ("within", "there is no within"),
        ("run", "there is no run"),
        ("web:_act", "there is no web:_act"),
        ("_act", "more than one _act, tell its room: console/engine/locks.py, console/staff/actions.py"),
    ],
)
def test_a_symbol_that_is_not_there_once_is_told(project: Path, symbol: str, problem: str) -> None:
    with pytest.raises(Rotten, match=problem):
        find_symbol(symbol, project)


def test_a_symbol_that_moved_is_found_all_the_same(project: Path) -> None:
    (project / "console/driving").mkdir()
    (project / "console/engine/locks.py").rename(project / "console/driving/decisions.py")

    assert find_symbol("decide", project)[0].as_posix() == "console/driving/decisions.py"


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("test_walk.py::test_it_goes", "tests/engine/test_walk.py::test_it_goes"),
        ("test_walk.py::test_it_rests", "tests/engine/test_walk.py::TestRest::test_it_rests"),
        ("test_pages.py::test_it_hides", "tests/web/test_pages.py::test_it_hides"),
        ("web:test_pages.py::test_it_shows", "tests/web/test_pages.py::test_it_shows"),
    ],
)
def test_a_test_is_found_by_its_name(project: Path, test: str, found: str) -> None:
    assert find_test(test, project) == found


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("test_walk.py::test_it_stops", "there is no test_walk.py::test_it_stops"),
        ("test_run.py::test_it_goes", "there is no test_run.py::test_it_goes"),
        (
            "test_pages.py::test_it_shows",
            "more than one .*, tell its room: tests/engine/test_pages.py::test_it_shows, tests/web/test_pages.py::test_it_",
        ),
    ],
)
def test_a_test_that_is_not_there_once_is_told(project: Path, test: str, problem: str) -> None:
    with pytest.raises(Rotten, match=problem):
        find_test(test, project)
