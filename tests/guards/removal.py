"""A guard, how its code looks without it, and whether a test notices: tried on a copy of the project."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.guards.mutations import Mutation
from tests.guards.symbols import Rotten, find_symbol, find_test
from tests.support.places import ROOT

COPIED = ("console", "migrations", "templates", "static", "tests", "pyproject.toml")
SECONDS = 120
# A race is told in one thread, so that SQLite suffices; a test of the campaign may notice, too.
PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql", "-m", "")


@dataclass(frozen=True)
class Guard:
    """One guard: what `mutation` takes out of `symbol`; `tests` ought to notice, each `test_fences.py::test_…`, spaced."""

    name: str
    symbol: str
    mutation: Mutation
    tests: str


def without(guard: Guard) -> tuple[Path, str]:
    """Give the file that holds a guard, and that file's source without it.

    Raises:
        Rotten: when its symbol is not there once, or has not one place for its mutation.
    """
    file, tree, node = find_symbol(guard.symbol, ROOT)
    places = guard.mutation.places(node)
    if len(places) != 1:
        raise Rotten(f"{guard.mutation.words} has {len(places)} places in {guard.symbol}, {file}")
    places[0]()
    return file, ast.unparse(tree)


def tests_of(guard: Guard) -> list[str]:
    """Give the ids of the tests that ought to notice.

    Raises:
        Rotten: when one is not there once.
    """
    return [find_test(test, ROOT) for test in guard.tests.split()]


def find_rot(guard: Guard) -> str | None:
    """Tell what is wrong with a row, without running anything."""
    try:
        without(guard)
        tests_of(guard)
    except Rotten as problem:
        return str(problem)
    return None


def try_without(guard: Guard) -> str | None:
    """Run the tests without a guard; tell which noticed, None when none did."""
    file, source = without(guard)
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        tree = Path(folder)
        _copy_project(tree)
        (tree / file).write_text(source, encoding="utf-8")
        try:
            run = subprocess.run(
                [*PYTEST, *tests_of(guard)],
                cwd=tree,
                env=_environment(),
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "(it never ended)"
    noticed = re.search(r"^FAILED \S+::(\S+)", run.stdout, re.MULTILINE)
    if noticed:
        return noticed[1]
    if run.returncode != 0:
        raise RuntimeError(f"the tests of “{guard.name}” could not be run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return None


def _copy_project(tree: Path) -> None:
    """Copy what the tests need, compiled code too, save what another process is just writing and will rename."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(ROOT / name, tree / name)


def _environment() -> dict[str, str]:
    """Give our own, less what a pytest that runs this has told its processes."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
