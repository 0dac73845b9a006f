"""Where a symbol or a test is: found by its name in all of the project, so that moving it to another file changes nothing.

A symbol is what a module defines (`decide`, `LEG_TWO`), a method (`Walk._pass_over`), or an index or constraint that a
migration makes (`uq_orders_lock_id`). A test is named by its file's name and its own: `test_fences.py::test_…`. Where one
name is not enough, a folder or module that it is in stands before it, as its room: `staff:_act`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")


class Rotten(LookupError):
    """What a table names is not there, or not once."""


def find_symbol(symbol: str, root: Path) -> tuple[Path, ast.Module, ast.AST]:
    """Find the one definition of a symbol: its file, that file's syntax tree, read anew, and the node in it.

    Raises:
        Rotten: when there is none, or several; says where they are.
    """
    room, _, name = symbol.rpartition(":")
    file = _only([file for file in _files_by_symbol(root).get(name, []) if _is_in(room, file)], symbol)
    tree = _parse(root / file)
    return file, tree, next(node for found, node in _symbols_in(file, tree) if found == name)


def find_test(test: str, root: Path) -> str:
    """Find the one id by which pytest knows a test, wherever its file is.

    Raises:
        Rotten: when there is none, or several; says where they are.
    """
    file, _, name = test.partition("::")
    room, _, file = file.rpartition(":")
    paths = [path for path in sorted((root / "tests").rglob(file)) if _is_in(room, path.relative_to(root))]
    found = [(path, each) for path in paths for each in _tests_in(path) if each.rpartition("::")[2] == name]
    return _only([f"{path.relative_to(root).as_posix()}::{each}" for path, each in found], test)


def _is_in(room: str, file: Path) -> bool:
    return not room or room in file.with_suffix("").parts


def _only(found: list[Found], name: str) -> Found:
    if not found:
        raise Rotten(f"there is no {name}")
    if len(found) > 1:
        raise Rotten(f"there is more than one {name}, tell its room: {', '.join(map(str, found))}")
    return found[0]


@cache
def _files_by_symbol(root: Path) -> Mapping[str, list[Path]]:
    files = defaultdict(list)
    for folder in ("console", "migrations/versions"):
        for path in sorted((root / folder).rglob("*.py")):
            file = path.relative_to(root)
            for name, _ in _symbols_in(file, _parse(path)):
                files[name].append(file)
    return files


def _symbols_in(file: Path, tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    return _constraints(tree) if file.parts[0] == "migrations" else _definitions(tree)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name):
                yield name, node
            case ast.ClassDef(name=name, body=body):
                yield name, node
                yield from ((f"{name}.{each.name}", each) for each in body if isinstance(each, ast.FunctionDef))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node


def _constraints(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Give what a migration's way up makes that has a name, each with the statement that makes it."""
    upgrades = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    for statement in (node for upgrade in upgrades for node in ast.walk(upgrade) if isinstance(node, ast.Expr)):
        for call in ast.walk(statement):
            match call:
                case ast.Call(func=ast.Attribute(attr="create_index"), args=[name, *_]):
                    yield _text(name), statement
                case ast.Call(func=ast.Attribute(attr=kind), keywords=keywords) if kind.endswith("Constraint"):
                    yield from ((_text(each.value), statement) for each in keywords if each.arg == "name")


def _text(name: ast.expr) -> str:
    """Read a name as it is written in a migration: as text, or as `op.f(text)`."""
    return next((str(node.value) for node in ast.walk(name) if isinstance(node, ast.Constant)), "")


@cache
def _tests_in(path: Path) -> list[str]:
    tests = []
    for node in _parse(path).body:
        match node:
            case ast.FunctionDef(name=name):
                tests.append(name)
            case ast.ClassDef(name=name, body=body):
                tests += [f"{name}::{each.name}" for each in body if isinstance(each, ast.FunctionDef)]
    return tests


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
