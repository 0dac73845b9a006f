"""The databases that a shop's tests get: with the checkout's tables, and clean for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database
from console.models import Base, StockLevel, Warehouse
from console.testing import VISA, ScriptedGateway, Shop
from console.testing.databases import PreparedDatabase, create_tables
from tests.support.services import postgresql_database


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


def test_what_else_is_in_the_database_stays_as_it_is(tmp_path: Path) -> None:
    with postgresql_database() as url:
        prepared = create_tables(url)
        engine = create_database(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE wishes (id bigint GENERATED ALWAYS AS IDENTITY, what text)"))
            connection.execute(text("INSERT INTO wishes (what) VALUES ('a mug')"))
            connection.execute(text("INSERT INTO warehouses (code, name) VALUES ('attic', 'Attic')"))

        prepared.fresh(tmp_path)

        with engine.begin() as connection:
            connection.execute(text("INSERT INTO wishes (what) VALUES ('a pot')"))
            wishes = connection.execute(text("SELECT id, what FROM wishes ORDER BY id")).all()
            warehouses = connection.execute(text("SELECT id, code FROM warehouses")).all()
        engine.dispose()
    assert wishes == [(1, "a mug"), (2, "a pot")]
    assert warehouses == [(1, "main")]


def test_a_user_without_special_rights_can_test_too(tmp_path: Path) -> None:
    with postgresql_database() as url:
        prepared = create_tables(url)
        shop = create_database(url)
        attach(shop, config=CheckoutConfig(), gateway=ScriptedGateway())
        with Session(shop) as session:
            Shop(session).sell()
            process(session, Shop(session).checkout(), payment=VISA)
        shop.dispose()
        with as_plain_owner(url) as owner_url:
            PreparedDatabase(owner_url).fresh(tmp_path)
        with (engine := create_database(prepared.url)).connect() as connection:
            left = connection.scalar(text("SELECT count(*) FROM carts"))
        engine.dispose()
    assert left == 0


@contextmanager
def as_plain_owner(url: str) -> Iterator[str]:
    """Hand the tables to a user who is nobody special, and give the URL that user connects by."""
    name = f"plain_{uuid4().hex[:12]}"
    engine = create_database(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'plain'"))
        for table in Base.metadata.tables:
            connection.execute(text(f"ALTER TABLE {table} OWNER TO {name}"))
    try:
        yield make_url(url).set(username=name, password="plain").render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"REASSIGN OWNED BY {name} TO CURRENT_USER"))
            connection.execute(text(f"DROP ROLE {name}"))
        engine.dispose()
