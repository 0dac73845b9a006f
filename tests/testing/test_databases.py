"""The databases that a shop's tests get: with the checkout's tables, and clean for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.database import create_database
from console.engine.runtime import CheckoutConfig, attach
from console.models import Base, StockLevel, Warehouse
from console.testing import VISA, ScriptedGateway, Shop
from console.testing.databases import create_tables
from tests.services import postgresql_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Name a database without a table."""
    if request.param == "sqlite":
        (tmp_path / "prepared").mkdir()
        yield f"sqlite:///{tmp_path}/prepared/shop.sqlite3"
    else:
        with postgresql_database() as url:
            yield url


def test_what_one_test_bought_the_next_one_does_not_see(empty_url: str, tmp_path: Path) -> None:
    prepared = create_tables(empty_url)
    for _ in range(2):
        engine = create_database(prepared.fresh(tmp_path))
        attach(engine, config=CheckoutConfig(), gateway=ScriptedGateway())
        with Session(engine) as session:
            shop = Shop(session)
            mug = shop.sell()

            order = process(session, shop.checkout(), payment=VISA)

            assert (order.id, order.status, mug.id, session.query(StockLevel).one().on_hand) == (1, "paid", 1, 9)
        engine.dispose()


def test_a_database_that_has_its_tables_keeps_what_is_in_them(empty_url: str) -> None:
    create_tables(empty_url)

    create_tables(empty_url)

    engine = create_database(empty_url)
    with engine.connect() as connection:
        rows = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in Base.metadata.tables}
    engine.dispose()
    assert {name: count for name, count in rows.items() if count} == {Warehouse.__tablename__: 1, "audit_head": 1}
