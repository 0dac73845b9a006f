"""What processes cost the machine, from /proc: the web workers, and the database's backends that serve them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = ") "
_UTIME, _STIME = 11, 12  # fields after the name, which may hold spaces


@dataclass(frozen=True)
class Usage:
    """CPU seconds of the web's processes and of the database's; None where the server is on another machine."""

    web: float
    database: float | None

    def since(self, earlier: Usage) -> Usage:
        """Tell what was used between two looks."""
        database = None if self.database is None or earlier.database is None else self.database - earlier.database
        return Usage(self.web - earlier.web, database)

    def plus(self, other: Usage) -> Usage:
        """Add what was used at another time."""
        database = None if self.database is None or other.database is None else self.database + other.database
        return Usage(self.web + other.web, database)


def family_of(process_id: int) -> list[int]:
    """List a process and its children."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return [process_id, *map(int, children.split())]


def cpu_seconds(process_ids: Iterable[int]) -> float:
    """Tell the CPU seconds that processes have used so far; one that is gone counts as 0."""
    return sum(map(_cpu_of, process_ids))


def _cpu_of(process_id: int) -> float:
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    fields = stat.rpartition(_AFTER_NAME)[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_SECOND


@dataclass(frozen=True)
class Meter:
    """Looks at what the web and the backends of one database have used."""

    web_processes: Callable[[], list[int]]
    server_dsn: str
    databases: tuple[str, ...]

    def read(self) -> Usage:
        """Look now."""
        backends = self._backends()
        is_here = all(Path(f"/proc/{each}").exists() for each in backends)
        return Usage(cpu_seconds(self.web_processes()), cpu_seconds(backends) if is_here else None)

    def _backends(self) -> list[int]:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = ANY(%s)"
        with psycopg.connect(self.server_dsn) as connection:
            return [pid for (pid,) in connection.execute(query, [list(self.databases)])]
