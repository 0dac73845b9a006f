"""Statements by express: what waits goes out in its order, and its errors show; nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from console.engine.errors import DatabaseUnavailable, LostRace
from console.engine.store.database import run, savepoint, transact, write_later
from console.engine.store.express import open_channel
from console.engine.store.express_rows import MOST_ROWS, in_few
from console.engine.store.tables import variants

_ADD = insert(variants)
_COUNT = select(variants.c.sku).where(variants.c.tax_class == bindparam("of_class")).order_by(variants.c.id)
SQL = "INSERT INTO t (a, b) VALUES (%(a)s::BIGINT, lower(%(b)s)) ON CONFLICT (a) DO UPDATE SET b = excluded.b"


@pytest.fixture
def other(database: Engine) -> Iterator[Session]:
    """Open a second session."""
    with Session(database) as session:
        yield session


def rows(*skus: str) -> list[dict[str, str]]:
    return [{"sku": sku, "name": f"The {sku}", "tax_class": "own"} for sku in skus]


def skus(session: Session) -> list[str]:
    return [row.sku for row in run(session, _COUNT, {"of_class": "own"}).all()]


@pytest.mark.databases("postgresql")
def test_every_engine_of_a_process_goes_by_express(session: Session, database: Engine) -> None:
    with database.connect() as reader:
        assert open_channel(reader).driver is not None
    assert open_channel(session.connection()).driver is not None


def test_what_is_written_is_seen_by_the_next_statement(session: Session) -> None:
    def work() -> list[str]:
        write_later(session, _ADD, rows("A", "B"))
        write_later(session, _ADD, rows("C"))
        return skus(session)

    assert transact(session, work) == ["A", "B", "C"]


def test_what_is_written_last_is_committed(session: Session, other: Session) -> None:
    transact(session, lambda: write_later(session, _ADD, rows("A")))

    assert skus(other) == ["A"]


def test_more_rows_than_one_statement_holds_all_go_in(session: Session) -> None:
    names = [f"S{number}" for number in range(2 * MOST_ROWS + 3)]

    transact(session, lambda: write_later(session, _ADD, rows(*names)))

    assert skus(session) == names


def test_a_statement_of_another_way_comes_after_what_waits(session: Session) -> None:
    def work() -> int:
        write_later(session, _ADD, rows("A"))
        return len(session.execute(select(variants.c.id)).all())

    assert transact(session, work) == 1


def test_an_error_of_what_waits_shows_at_the_commit_and_undoes_everything(session: Session, other: Session) -> None:
    def work() -> None:
        write_later(session, _ADD, rows("A"))
        write_later(session, _ADD, rows("A"))

    with pytest.raises(IntegrityError):
        transact(session, work)

    assert skus(other) == []


def test_an_error_of_what_waits_shows_at_the_next_statement_too(session: Session, other: Session) -> None:
    def work() -> list[str]:
        write_later(session, _ADD, rows("A"))
        write_later(session, _ADD, rows("A"))
        return skus(session)

    with pytest.raises(IntegrityError):
        transact(session, work)

    assert skus(other) == []


@pytest.mark.databases("postgresql")
def test_a_connection_that_broke_is_given_up_and_the_work_done_again(session: Session, other: Session) -> None:
    breaks = iter((True, False))

    def work() -> list[str]:
        write_later(session, _ADD, rows("A"))
        if next(breaks):
            own = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            other.connection().exec_driver_sql(f"SELECT pg_terminate_backend({own})")
            other.commit()
        return skus(session)

    assert transact(session, work) == ["A"]
    assert skus(other) == ["A"]


@pytest.mark.databases("postgresql")
def test_a_connection_that_breaks_while_what_waits_is_committed_leaves_it_unknown(
    session: Session, other: Session
) -> None:
    def work() -> None:
        own = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        write_later(session, _ADD, rows("A"))
        other.connection().exec_driver_sql(f"SELECT pg_terminate_backend({own})")
        other.commit()

    with pytest.raises(DatabaseUnavailable, match="broke while saving"):
        transact(session, work, is_repeatable=False)

    assert transact(session, lambda: skus(session)) == []


def test_what_waits_is_dropped_by_a_rollback(session: Session, other: Session) -> None:
    def work() -> None:
        write_later(session, _ADD, rows("A"))
        raise LostRace("somebody else was faster")

    with pytest.raises(LostRace):
        transact(session, work)
    transact(session, lambda: write_later(session, _ADD, rows("B")))

    assert skus(other) == ["B"]


def test_a_savepoint_undoes_what_came_after_it_alone(session: Session, other: Session) -> None:
    def refuse() -> None:
        with savepoint(session):
            write_later(session, _ADD, rows("B"))
            raise LostRace("no")

    def work() -> None:
        write_later(session, _ADD, rows("A"))
        with pytest.raises(LostRace):
            refuse()
        write_later(session, _ADD, rows("C"))

    transact(session, work)

    assert skus(other) == ["A", "C"]


def test_several_rows_of_an_insert_become_one_statement() -> None:
    ((sql, parameters),) = in_few(SQL, [{"a": 1, "b": "X"}, {"a": 2, "b": "Y"}])

    assert "VALUES (%(a__0)s::BIGINT, lower(%(b__0)s)), (%(a__1)s::BIGINT, lower(%(b__1)s)) ON CONFLICT" in sql
    assert parameters == {"a__0": 1, "b__0": "X", "a__1": 2, "b__1": "Y"}


def test_an_update_stays_one_statement_a_row() -> None:
    sql = "UPDATE t SET a = %(a)s WHERE b = %(b)s"
    given = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]

    assert list(in_few(sql, given)) == [(sql, given[0]), (sql, given[1])]
