"""Another time in the place of the database's own, for what this process does: the demo's past, a test's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from console.models.types import POSTGRESQL_NOW, SQLITE_NOW

# How each dialect's clock is asked, and where in that the moment stands.
_NOW = {"sqlite": (SQLITE_NOW, "'now'"), "postgresql": (POSTGRESQL_NOW, POSTGRESQL_NOW)}
_EVENT = "before_cursor_execute"


class OwnTime:
    """Has each statement on a database, or on every one of this process (None), ask for another moment than now.

    `moments` gives for each dialect what writes that moment in SQL: on SQLite as a time value of `strftime`, with
    modifiers if need be. Of several at a time, the one that began last counts.

    The finished text of a statement is changed: SQLAlchemy keeps compiled ones, and none of them may be spoiled.
    """

    def __init__(self, database: Engine | None, moments: Mapping[str, Callable[[], str]]) -> None:
        self._database = database
        self._moments = moments

    def begin(self) -> None:
        """Let it be that time, on connections that are open already too."""
        if not _in_force:
            event.listen(Engine, _EVENT, _replace_now, retval=True)
        _in_force.append(self)

    def end(self) -> None:
        """Let the real time be seen again, or that of the one before."""
        _in_force.remove(self)
        if not _in_force:
            event.remove(Engine, _EVENT, _replace_now)

    def counts_on(self, connection: Connection) -> bool:
        """Tell whether a connection's statements ask for this moment."""
        return self._database is None or self._database.pool is connection.engine.pool

    def write(self, dialect: str) -> str:
        """Write the moment in SQL."""
        return self._moments[dialect]()


_in_force: list[OwnTime] = []


def _replace_now(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    dialect = connection.dialect.name
    now, moment = _NOW[dialect]
    if now in statement:
        times = [time for time in _in_force if time.counts_on(connection)]
        if times:
            statement = statement.replace(now, now.replace(moment, times[-1].write(dialect)))
    return statement, parameters
