"""What looks on while a shop serves a request, and counts. Each is a block that fills its counts at the end."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from cProfile import Profile
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Engine, event

from bench.purchases import Counts

_RECORDS = """
    WITH records AS (
        SELECT resource_manager || '/' || record_type AS kind, xid, record_length, fpi_length,
               coalesce(block_ref LIKE %(blocks)s, false) AS is_here
        FROM pg_get_wal_records_info(%(start)s, pg_current_wal_flush_lsn())
    ), written AS (
        SELECT *, kind !~ '^(Heap2/PRUNE|Btree/(DELETE|DEDUP)|Sequence/LOG)' AS is_asked_for FROM records
        WHERE is_here OR xid IN (SELECT xid FROM records WHERE is_here AND xid <> '0')
    )
    SELECT count(*) FILTER (WHERE is_asked_for), coalesce(sum(record_length) FILTER (WHERE is_asked_for), 0),
           coalesce(sum(fpi_length), 0)
    FROM written
"""
_OVERHEAR = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_nested_statements = on",
    "SET client_min_messages = log",
    "SET log_min_messages = fatal",  # for this client alone, not for the server's log
)


@contextmanager
def nothing() -> Iterator[Counts]:
    """Count nothing."""
    yield {}


@contextmanager
def python_calls() -> Iterator[Counts]:
    """Count the calls of functions, built-in ones too, in this thread.

    The collector of garbage is held back: what it calls depends on when it comes.
    """
    counts: Counts = {}
    profile = Profile()
    gc.disable()
    profile.enable()
    try:
        yield counts
    finally:
        profile.disable()
        gc.enable()
    counts["python_calls"] = sum(entry.callcount for entry in profile.getstats())


class WalWatch:
    """Counts what is written ahead for one database, by the server's own reading of its log (`pg_walinspect`).

    A record names its transaction and, by database, the blocks that it changes. So nothing counts that is written to
    other databases at the same time, or by the server for itself, as it would in `pg_stat_wal` or the log's position.

    Left out is what the server does when it sees fit, for whoever comes by: it tidies pages, and it fetches the next 32
    numbers of a sequence. `wal_images` are the bytes of whole pages, which the first change after a checkpoint brings:
    a record with such an image lacks what it would hold otherwise, so what was counted with one is good for nothing.
    """

    def __init__(self, observer: psycopg.Connection[TupleRow]) -> None:
        self._observer = observer
        observer.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        (database,) = self._ask("SELECT oid FROM pg_database WHERE datname = current_database()")
        self._blocks = f"% rel %/{database}/%"

    @contextmanager
    def __call__(self) -> Iterator[Counts]:
        """Count the records and bytes of a block."""
        counts: Counts = {}
        (start,) = self._ask("SELECT pg_current_wal_flush_lsn()")
        yield counts
        found = self._ask(_RECORDS, start=start, blocks=self._blocks)
        counts |= zip(("wal_records", "wal_bytes", "wal_images"), map(int, found), strict=True)

    def _ask(self, query: str, **values: Any) -> TupleRow:
        row = self._observer.execute(query, values or None).fetchone()
        assert row is not None
        return row


class LookUpWatch:
    """Counts the queries by which PostgreSQL's own triggers look whether a foreign key holds.

    A client is told of every statement it causes (`auto_explain`), those inside of triggers too; nobody else is.
    """

    def __init__(self, engine: Engine) -> None:
        self._told: list[str] = []
        event.listen(engine, "connect", self._overhear)
        engine.dispose()

    @contextmanager
    def __call__(self) -> Iterator[Counts]:
        """Count the look-ups of a block."""
        counts: Counts = {}
        self._told.clear()
        yield counts
        counts["look_ups"] = sum("FROM ONLY" in told and "FOR KEY SHARE OF x" in told for told in self._told)

    def _overhear(self, connection: Any, _record: Any) -> None:
        connection.autocommit = True
        for statement in _OVERHEAR:
            connection.execute(statement)
        connection.autocommit = False
        connection.add_notice_handler(lambda notice: self._told.append(notice.message_primary))


class StatementWatch:
    """Counts the statements and commits of an engine; from then on nothing of it goes by express."""

    def __init__(self, engine: Engine) -> None:
        self._statements = self._commits = 0
        event.listen(engine, "before_cursor_execute", self._note_statement)
        event.listen(engine, "commit", self._note_commit)

    @contextmanager
    def __call__(self) -> Iterator[Counts]:
        """Count the statements and commits of a block."""
        counts: Counts = {}
        self._statements = self._commits = 0
        yield counts
        counts |= {"statements": self._statements, "commits": self._commits}

    def _note_statement(self, *_call: Any) -> None:
        self._statements += 1

    def _note_commit(self, _connection: Any) -> None:
        self._commits += 1
