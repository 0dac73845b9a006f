"""The house: what its rooms promise beside the way imports go (`test_layers`)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import ROOT

ENGINE = ROOT / "console/engine"
COMMITS = {"transact", "begin_writing", "commit", "rollback", "begin", "begin_nested", "write_later"}
MOST_FILES, MOST_MODULES = 15, 55


def trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Parse every module of a folder."""
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def names_in(tree: ast.Module) -> set[str]:
    """List the names that a module uses or imports, attributes too."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names}
    return used | asked | imported


def test_nothing_in_the_web_commits() -> None:
    committing = {
        str(path.relative_to(ROOT)): sorted(names_in(tree) & COMMITS)
        for path, tree in trees(ROOT / "console/web")
        if names_in(tree) & COMMITS
    }

    assert committing == {}


def test_no_two_classes_have_one_name() -> None:
    places = defaultdict(set)
    for path, tree in trees(ROOT / "console"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].add(str(path.relative_to(ROOT)))

    assert {name: files for name, files in places.items() if len(files) > 1} == {}


@pytest.mark.parametrize("folder", sorted({path.parent for path in ENGINE.rglob("*.py")}), ids=lambda path: path.name)
def test_no_folder_of_the_engine_is_crowded(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= MOST_FILES


def test_the_checkout_itself_stays_small() -> None:
    apart = ("store", "care")  # how SQL is talked, and what keeps it honest
    modules = [path for path in ENGINE.rglob("*.py") if path.relative_to(ENGINE).parts[0] not in apart]

    assert len([path for path in modules if path.name != "__init__.py"]) <= MOST_MODULES
