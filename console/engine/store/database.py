"""How the engine talks to its database: connections, the transactions it owns, what is retried.

Every verb of the engine runs its transactions through `transact`. A transaction of ours never waits for anything
outside the database, and none is open during a gateway call.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Engine, Executable, Select, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from console.engine.errors import DatabaseSlow, DatabaseTrouble, DatabaseUnavailable, LostRace
from console.engine.store import signals
from console.engine.store.express import Answer, Channel, LateConnection, find_ticket, open_channel, run_express
from console.models.folding import SQLITE_FUNCTIONS

Result = TypeVar("Result")
Model = TypeVar("Model")
Reader = Session | Connection  # what only reads takes either

RETRIES = 5
MOST_RACES = 5
# SQLSTATE classes: connection, transaction state (a server gone read-only), rollback (deadlock), resources,
# object in use (lock timeout), intervention, system.
_TRANSIENT_CLASSES = {"08", "25", "40", "53", "55", "57", "58"}
_STOPPED = "57014"  # of the class of interventions, but the database is well: it was the statement that took too long
_WRITES = "checkout_writes"
_CHANNEL = "checkout_line"
_SAVE, _UNDO = "SAVEPOINT checkout_leg", "ROLLBACK TO SAVEPOINT checkout_leg"
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def normalise_url(url: str) -> URL:
    """Read a database URL; `postgres://` and `postgresql://` mean psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def engine_options(url: URL, *, pooler: str = "none", statement_timeout_ms: int = 5000) -> dict[str, Any]:
    """Build the options for `create_engine`: time-outs by connection, unless a transaction pooler is between.

    Parameters are left out of errors: payment tokens are among them.

    Behind a transaction pooler (`pooler="transaction"`) a connection's settings and prepared statements would leak
    into other sessions: the time-outs are then set in each transaction, and nothing is prepared.
    """
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 30, "check_same_thread": False}, "hide_parameters": True}
    options: dict[str, Any] = {"pool_size": 10, "max_overflow": 20, "pool_timeout": 5, "hide_parameters": True}
    # A server that vanished without a word is noticed after half a minute, not when the operating system gives up.
    connect: dict[str, Any] = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    if pooler == "transaction":
        connect["prepare_threshold"] = None
        options["execution_options"] = {"checkout_timeouts": _timeouts(statement_timeout_ms)}
    else:
        settings = _timeouts(statement_timeout_ms).items()
        connect["options"] = " ".join(f"-c {name}={value}" for name, value in settings)
    return {**options, "connect_args": connect}


def _timeouts(statement_timeout_ms: int) -> dict[str, str]:
    return {
        "lock_timeout": "2000",
        "statement_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": "10000",
    }


def configure(engine: Engine) -> None:
    """Make an engine's connections what the checkout relies on: SQLite's pragmas and begin, time-outs."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif "checkout_timeouts" in engine.get_execution_options():
        event.listen(engine, "begin", _set_timeouts)
    else:
        event.listen(engine, "do_connect", _connect_postgresql)


def create_database(url: str, *, pooler: str = "none", statement_timeout_ms: int = 5000) -> Engine:
    """Make an engine for a database URL, configured as the checkout relies on."""
    parsed = normalise_url(url)
    options = engine_options(parsed, pooler=pooler, statement_timeout_ms=statement_timeout_ms)
    engine = create_engine(parsed, **options)
    configure(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
    for name, function in SQLITE_FUNCTIONS.items():
        connection.create_function(name, 1, lambda text, of=function: None if text is None else of(text))


def _connect_postgresql(_dialect: Any, _record: Any, arguments: Any, options: Any) -> LateConnection:
    return LateConnection.connect(*arguments, **options)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes fails with a busy snapshot no time-out cures: take the write lock first.
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN"
    try:
        connection.connection.cursor().execute(begin)
    except sqlite3.OperationalError as locked:  # past SQLAlchemy, which would have wrapped it
        raise OperationalError(begin, None, locked) from locked


def _set_timeouts(connection: Connection) -> None:
    timeouts = connection.get_execution_options()["checkout_timeouts"]
    calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in timeouts.items())
    connection.exec_driver_sql(f"SELECT {calls}")


def begin_writing(session: Session) -> Connection:
    """Begin a transaction that writes, and give its connection; what the session still had open is committed first."""
    end_open(session)
    return session.connection(execution_options={_WRITES: True})


def end_open(session: Session) -> None:
    """Commit what the session still holds, if it holds anything."""
    if session.in_transaction():
        session.commit()


def run(reader: Reader, statement: Executable, values: Any = None) -> Answer:
    """Run a kept Core statement in the reader's transaction, past the ORM; with a list of values once for each."""
    return _run(reader, statement, values, is_late=False)


def write_later(session: Session, statement: Executable, values: Any) -> None:
    """Run a kept Core statement as `run`, unseen: it goes out, and fails, with a later one or the commit."""
    _run(session, statement, values, is_late=True)


def _run(reader: Reader, statement: Executable, values: Any, *, is_late: bool) -> Answer:
    channel = _channel_of(reader)
    each = values if isinstance(values, list) else [values or {}]
    ticket = find_ticket(channel, statement, each[0])
    if ticket is not None:
        return run_express(channel, ticket, each, is_late=is_late)
    result = channel.connection.execute(statement, values)
    return Answer(result.all() if result.returns_rows else (), result.rowcount)


def _channel_of(reader: Reader) -> Channel:
    if isinstance(reader, Connection):
        return open_channel(reader)
    known: Channel | None = reader.info.get(_CHANNEL)
    return open_channel(reader.connection()) if known is None else known


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Undo what a block did when it raises a refusal; the transaction around it goes on. Not to be nested."""
    connection, driver = _channel_of(session)
    if driver is None:
        connection.exec_driver_sql(_SAVE)
    else:
        driver.write_later(_SAVE, {})
    try:
        yield  # the commit releases the savepoint
    except DBAPIError:  # the whole transaction is lost
        raise
    except BaseException:
        connection.exec_driver_sql(_UNDO)
        raise


def transact(session: Session, work: Callable[[], Result], *, is_repeatable: bool = True) -> Result:
    """Run `work` in a transaction of its own and commit it, again after a deadlock or lock time-out.

    `work` must be a pure function of the database: it may run up to 6 times. A connection lost during the commit
    means that nobody knows; `work` is then run again and finds by its conditional updates what became of it. What
    would be done twice says so by `is_repeatable=False`, and its caller is told that nobody knows.

    What took too long is not tried again: it would take as long once more, of the shopper's time and of a database
    that has too much to do. Nothing of it is kept, and a checkout under way is driven on by the recovery.

    Raises:
        DatabaseUnavailable: when the database is out of reach, or would not let us through in time.
        DatabaseSlow: when it stopped a statement that took too long.
        Exception: whatever `work` raises; the transaction is rolled back.
    """

    def attempt() -> Result:
        signals.forget(session)
        is_committing = False
        try:
            session.info[_CHANNEL] = open_channel(begin_writing(session))  # to find it costs as much as a statement
            result = work()
            is_committing = True
            session.commit()
        except BaseException as error:  # an interrupt too must not leave the transaction open
            session.rollback()
            if is_committing and isinstance(error, DBAPIError) and error.connection_invalidated:
                signals.send_changes(session)
                if not is_repeatable:
                    raise DatabaseUnavailable("The connection broke while saving; look whether it was done.") from error
            raise
        finally:
            session.info.pop(_CHANNEL, None)
        return result

    result = _persist(attempt)
    signals.send(session)
    return result


def until_won(attempt: Callable[[], Result], *, otherwise: Callable[[], Exception]) -> Result:
    """Decide again after a lost race, a few times: each time on what the winner left.

    `attempt` runs transactions of its own; where it knows what the winner's row means, it says so itself.

    Raises:
        Exception: what `otherwise` makes, when every race was lost.
    """
    for _ in range(MOST_RACES):
        try:
            return attempt()
        except LostRace:
            continue
    raise otherwise()


def _persist(attempt: Callable[[], Result]) -> Result:
    """Try until the database lets us through, a few times."""
    for number in range(RETRIES + 1):
        try:
            return attempt()
        except (DBAPIError, PoolTimeout) as error:
            if was_stopped(error):
                raise trouble_with(error) from error
            if not _may_succeed_later(error):
                raise
            if number == RETRIES:
                raise DatabaseUnavailable("The database did not let us through; try again shortly.") from error
            time.sleep(random.uniform(0.005, 0.05) * 2**number)  # noqa: S311 - jitter
    raise AssertionError("unreachable")


def look(session: Session, query: Callable[[Connection], Result]) -> Result:
    """Run a query on the session's database, on a connection of its own, and leave nothing open behind.

    What the session still holds is committed first: nobody keeps one connection while asking for another. With as many
    requests as the pool has connections, all would wait for ever.

    Raises:
        DatabaseTrouble: as `transact`.
    """
    end_open(session)

    def attempt() -> Result:
        with _reading(_engine_of(session)).connect() as connection:
            return query(connection)

    return _persist(attempt)


def load(session: Session, query: Select[tuple[Model]]) -> Model:
    """Load one object into the session as it is now, and leave nothing open behind; as `look`."""
    session.commit()

    def attempt() -> Model:
        with Session(_engine_of(session)) as reader:
            found = reader.scalars(query).one()
            reader.expunge(found)
            return found

    return session.merge(_persist(attempt), load=False)


@cache
def _reading(engine: Engine) -> Engine:
    """Give an engine's face for what only reads: on PostgreSQL without BEGIN and ROLLBACK around a statement or two.

    Not where the time-outs are set in each transaction. On SQLite they cost nothing.
    """
    if engine.dialect.name == "sqlite" or "checkout_timeouts" in engine.get_execution_options():
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _engine_of(session: Session) -> Engine:
    bind = session.get_bind()
    return bind.engine


def was_stopped(error: BaseException) -> bool:
    """Tell whether an error of the driver's says that a statement took too long, or that somebody cancelled it."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == _STOPPED


def trouble_with(error: BaseException) -> DatabaseTrouble:
    """Word an error of the driver's, where it shows past `transact` and `look`."""
    if was_stopped(error):
        return DatabaseSlow("The database took too long over this and stopped; try again in a while.")
    return DatabaseUnavailable("The database is out of reach; try again shortly.")


def _may_succeed_later(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout) or error.connection_invalidated:
        return True
    if (getattr(error.orig, "sqlstate", None) or "")[:2] in _TRANSIENT_CLASSES:
        return True
    return isinstance(error, OperationalError) and "no such" not in str(error.orig)


def insert_into(session: Session, table: Any) -> Any:
    """Build an INSERT that knows ON CONFLICT, in the session's dialect."""
    return _INSERTS[dialect_of(session)](table)


def in_dialects(build: Callable[[Callable[[Table], Any]], Executable]) -> dict[str, Executable]:
    """Build a statement for each dialect, by its name, of that dialect's INSERT, which knows ON CONFLICT."""
    return {dialect: build(insert) for dialect, insert in _INSERTS.items()}


def dialect_of(session: Session) -> str:
    """Name the dialect of the session's database."""
    return session.get_bind().dialect.name
