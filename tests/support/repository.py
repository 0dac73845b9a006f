"""The repository as its pages and comments speak of it: which files there are, what a text names of them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.places import ROOT

FOLDERS = ("bench", "console", "docs", "migrations", "static", "templates", "tests", "tools")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
CODE = sorted([*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])

_FENCED = re.compile(r"^```.*?^```$", flags=re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"(?<![\w./:-])\w[\w.-]*(?:/[\w.-]+)*/?(?![\w{<])")
_SUFFIXES = (".css", ".csv", ".html", ".js", ".md", ".py", ".toml")


@cache
def everything() -> frozenset[str]:
    """Name every file and folder of the repository."""
    found = [*ROOT.glob("*.*"), *(path for folder in FOLDERS for path in [ROOT / folder, *(ROOT / folder).rglob("*")])]
    return frozenset(path.relative_to(ROOT).as_posix() for path in found)


@cache
def endings() -> frozenset[str]:
    """Name every file and folder by whatever its path ends with."""
    parts = [name.split("/") for name in everything()]
    return frozenset("/".join(each[start:]) for each in parts for start in range(len(each)))


def is_there(named: str) -> bool:
    """Tell whether a name is that of a file or folder: whole from the root on, or else the end of one."""
    name = named.rstrip("/")
    return name in (everything() if name.split("/")[0] in FOLDERS else endings())


def prose(page: Path) -> str:
    """Read a page without its blocks of code, which speak of a shop's own files too."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def paths_in(text: str) -> list[str]:
    """Find what looks like a path of the repository: a file below a folder, or a folder of it."""
    found = [name.rstrip(".") for name in _PATH.findall(text)]
    return [name for name in found if "/" in name and (name.endswith(_SUFFIXES) or name.split("/")[0] in FOLDERS)]


@cache
def said_in(module: Path) -> str:
    """Read the comments and docstrings of a module, lines joined."""
    source = module.read_text(encoding="utf-8")
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [ast.get_docstring(node) for node in ast.walk(ast.parse(source)) if isinstance(node, nodes)]
    comments = re.findall(r"(?:^|\s)# (.*)$", source, flags=re.MULTILINE)
    return " ".join(" ".join(filter(None, [*docstrings, *comments])).split())
