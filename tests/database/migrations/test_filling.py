"""The shop in which everything has happened keeps up with the schema, so that the next version's dump can be made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from console.engine.store.database import create_database
from console.models import Base
from console.models.checkout import COMMITTED
from console.models.vocabulary import (
    CartStatus,
    CouponKind,
    MovementKind,
    OperationKind,
    OperationStatus,
    OrderStatus,
    Outcome,
    Phase,
    RedemptionStatus,
    ReservationStatus,
    Role,
    StepStatus,
    TokenRole,
)
from console.testing.databases import PreparedDatabase
from tests.support.dumps import Dump, read_dump, write_dump
from tests.support.filling import fill

WORDS: dict[str, Iterable[str]] = {
    "api_tokens.role": TokenRole,
    "carts.status": CartStatus,
    "checkout_locks.outcome": Outcome,
    "checkout_locks.state": COMMITTED,
    "checkout_steps.phase": Phase,
    "checkout_steps.status": StepStatus,
    "coupon_redemptions.status": RedemptionStatus,
    "coupons.kind": CouponKind,
    "orders.status": OrderStatus,
    "payment_operations.kind": OperationKind,
    "payment_operations.status": OperationStatus,
    "stock_movements.kind": MovementKind,
    "stock_reservations.status": ReservationStatus,
    "users.role": Role,
}


@pytest.fixture(scope="module")
def made(prepared_sqlite: PreparedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """Fill a database of this version, and dump it."""
    database = create_database(prepared_sqlite.fresh(tmp_path_factory.mktemp("filling")))
    dump = fill(database)
    database.dispose()
    return dump


def test_each_table_and_each_column_is_filled(made: Dump) -> None:
    assert {table.name for table in made.tables if table.rows} == set(Base.metadata.tables)
    assert made.columns_without_value() == []


@pytest.mark.parametrize("column", WORDS)
def test_each_word_is_used(made: Dump, column: str) -> None:
    assert made.words(column) - {None} == set(WORDS[column])


def test_a_dump_is_read_as_it_was_written(made: Dump, tmp_path: Path) -> None:
    write_dump(made, tmp_path / "dump.jsonl")

    assert read_dump(tmp_path / "dump.jsonl") == made


def test_a_dump_is_made_once(made: Dump, tmp_path: Path) -> None:
    write_dump(made, tmp_path / "dump.jsonl")

    with pytest.raises(FileExistsError):
        write_dump(made, tmp_path / "dump.jsonl")
