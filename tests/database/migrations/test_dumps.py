"""Frozen databases: all has happened in them, and the newest schema takes their rows as the version before writes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from console.engine import process, release
from console.engine.care.invariants import check_all
from console.testing.clock import FrozenClock
from console.testing.factories import VISA, Shop
from tests.support.dumps import Dump, dumped_revisions, find_differences, path_of, read_dump

VERSIONS = dumped_revisions()

# What had happened by the first version; a later one has all of it, and more.
HAPPENED = {
    "checkout_locks.state": "pending locking_prices authorizing capturing completed rolling_back failed",
    "checkout_locks.outcome": "declined out_of_stock invalid_cart cancelled expired released error",
    "coupon_redemptions.status": "held final returned",
    "orders.status": "pending paid cancelled",
    "payment_operations.kind": "authorize capture void refund",
    "payment_operations.status": "pending unknown waiting refused succeeded",
    "stock_reservations.status": "held pinned committed released",
}

# Ways to lose something, each with what is told of it.
LOSSES = {
    "DELETE FROM worker_heartbeats WHERE worker_id = 'shop-1:4711:0f3a'": "worker_heartbeats ('shop-1:4711:0f3a',): gone",
    "INSERT INTO warehouses (code, name) VALUES ('south', 'South')": "warehouses (3,): new",
    "UPDATE users SET last_login_at = NULL WHERE id = 1": "users (1,): {'last_login_at'",
    "UPDATE tax_rates SET rate = '0.19' WHERE id = 1": "tax_rates (1,): {'rate'",
    "UPDATE variants SET active = false WHERE id = 1": "variants (1,): {'active'",
    "UPDATE carts SET billing_address = '{}' WHERE id = 1": "carts (1,): {'billing_address'",
}


@pytest.fixture(scope="module")
def dump() -> Dump:
    """Read the rows of the version before."""
    return read_dump(path_of(VERSIONS[-1]))


@pytest.fixture
def time() -> Iterator[FrozenClock]:
    """Stop the clock."""
    with FrozenClock() as clock:
        yield clock


@pytest.fixture
def loaded(database: Engine, dump: Dump, time: FrozenClock) -> Iterator[Connection]:
    """Connect to a database of the newest revision with those rows in it."""
    with database.begin() as connection:
        dump.load(connection)
    with database.connect() as connection:
        yield connection


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("column", HAPPENED)
def test_everything_has_happened_in_a_dump(version: str, column: str) -> None:
    assert read_dump(path_of(version)).words(column) >= set(HAPPENED[column].split())


def test_the_newest_schema_takes_the_rows_of_the_version_before_as_they_are(
    loaded: Connection, dump: Dump, time: FrozenClock
) -> None:
    expected = dump.moved(time.now - dump.made_at)

    assert list(find_differences(expected, dump.rows(loaded))) == []


def test_no_invariant_is_broken_by_the_rows_of_the_version_before(loaded: Connection) -> None:
    assert check_all(loaded) == []


def test_what_is_written_next_follows_on_them(loaded: Connection, session: Session) -> None:
    shop = Shop(session)
    bought, left = shop.checkout(token="bought-after-loading"), shop.checkout(token="left-after-loading")
    release(session, left, actor="ada@example.org", reason="the shopper phoned", version=None)

    assert process(session, bought, payment=VISA).status == "paid"
    assert check_all(session) == []


def test_what_is_lost_or_changed_is_told(loaded: Connection, dump: Dump) -> None:
    before = dump.rows(loaded)
    for loss in LOSSES:
        loaded.execute(text(loss))

    differences = sorted(find_differences(before, dump.rows(loaded)))

    assert [told.partition(": (")[0] for told in differences] == sorted(LOSSES.values())


def test_what_a_version_has_dropped_is_not_looked_at(loaded: Connection, dump: Dump) -> None:
    kept = dump.without({"users.last_login_at", "ticks"})
    before = kept.rows(loaded)
    loaded.execute(text("DROP TABLE ticks"))
    loaded.execute(text("ALTER TABLE users DROP COLUMN last_login_at"))

    assert list(find_differences(before, kept.rows(loaded))) == []
