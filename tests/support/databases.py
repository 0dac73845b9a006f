"""Databases that no migration has seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.services import postgresql_database

KINDS = ("sqlite", "postgresql")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database of a kind, a file in the folder where it is SQLite; give out its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/empty.sqlite3"
    else:
        with postgresql_database() as url:
            yield url
