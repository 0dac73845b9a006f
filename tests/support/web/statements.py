"""Counting what a request asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from apiflask import APIFlask
from flask import Flask
from sqlalchemy import Engine, event

from console.extensions import db


@contextmanager
def statements(app: APIFlask) -> Iterator[list[str]]:
    """Note the statements that an app's database is sent meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass
class Cost:
    """What was sent to the database."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0


@contextmanager
def counted(app: Flask) -> Iterator[Cost]:
    """Count the statements and commits of an app."""
    cost = Cost()

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        cost.statements.append(statement)

    def note_commit(_connection: Any) -> None:
        cost.commits += 1

    with app.app_context():
        engine = db.engine
    listeners = (("before_cursor_execute", note_statement), ("commit", note_commit))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield cost
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
