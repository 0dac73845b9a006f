"""Every invariant is broken once in each way it can be: a check that never fires would be worth nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process, release
from console.engine.care.invariants import INVARIANTS, check_all, check_cheap
from console.models import Coupon
from console.testing.factories import VISA, Shop
from tests.support.engine.unguarded import unguarded

TABLES = (
    "carts",
    "stock_levels",
    "stock_reservations",
    "checkout_locks",
    "orders",
    "payment_operations",
    "coupons",
    "outbox_events",
    "checkout_steps",
    "price_snapshots",
    "order_lines",
    "coupon_redemptions",
    "stock_movements",
    "audit_entries",
)


@dataclass(frozen=True)
class Past:
    """A shop's checkouts by what became of them, as their lock ids."""

    bought: int
    declined: int
    in_doubt: int
    waiting: int
    released: int

    def values(self, statement: str) -> dict[str, int]:
        """Give the ids that a statement names."""
        return {name: number for name, number in vars(self).items() if f":{name}" in statement}


@pytest.fixture
def past(session: Session, shop: Shop) -> Past:
    """Let a checkout of each kind happen: bought with a coupon, its capture declined, in doubt, waiting, released."""
    shop.sell("MUG", price=1000, stock=100)
    session.add(Coupon(code="TEN", kind="percent", value=Decimal(10)))
    session.commit()
    bought = shop.checkout(("MUG", 2), coupon_code="TEN")
    process(session, bought, payment=VISA)
    declined = shop.checkout(("MUG", 3), coupon_code="TEN")
    _pay(session, declined, "tok_capture_declined")
    in_doubt = shop.checkout(("MUG", 4))
    _pay(session, in_doubt, "tok_never_answers")
    waiting = shop.checkout(("MUG", 1))
    released = shop.checkout(("MUG", 1))
    for reason in ("wrong address", "called twice"):
        release(session, released, actor="ada@example.org", reason=reason, version=None)
        released = shop.checkout(("MUG", 1)) if reason == "wrong address" else released
    return Past(bought.id, declined.id, in_doubt.id, waiting.id, released.id)


def _pay(session: Session, lock: object, token: str) -> None:
    with suppress(CheckoutError):
        process(session, lock, payment=Payment("card", token))  # type: ignore[arg-type]


_COPIED_OPERATION = (
    "INSERT INTO payment_operations (id, lock_id, kind, status, amount, currency, idempotency_key, provider, attempts, "
    "created_at, resolved_at) SELECT 900, lock_id, {kind}, 'succeeded', {amount}, currency, 'copy', provider, 0, "
    "created_at, resolved_at FROM payment_operations WHERE lock_id = {lock} AND kind = 'authorize'"
)
_COPIED_ORDER = (
    "INSERT INTO orders (id, number, lock_id, cart_id, status, sub_total, discount_total, tax_total, shipping_total, "
    "total, currency, created_at) SELECT 900, 'O-COPY', lock_id, cart_id, 'cancelled', sub_total, discount_total, "
    "tax_total, shipping_total, total, currency, created_at FROM orders WHERE lock_id = :bought"
)
_COPIED_EVENT = (
    "INSERT INTO outbox_events (id, lock_id, topic, is_terminal, payload, created_at, attempts) "
    "SELECT 900, {lock}, 'CheckoutFailed', is_terminal, payload, created_at, 0 FROM outbox_events "
    "WHERE is_terminal AND lock_id = :bought"
)
_SOLD_AGAIN = (
    "INSERT INTO stock_movements (variant_id, warehouse_id, lock_id, quantity, kind, created_at) "
    "SELECT variant_id, warehouse_id, lock_id, quantity, kind, created_at FROM stock_movements WHERE lock_id = :bought"
)

# Which invariant, what is wrong, and the statement that makes it so.
BREAKS: tuple[tuple[int, str, str], ...] = (
    (1, "more reserved than there is", "UPDATE stock_levels SET reserved = on_hand + 1"),
    (1, "less than nothing reserved", "UPDATE stock_levels SET reserved = -1"),
    (2, "a piece reserved by nobody", "UPDATE stock_levels SET reserved = reserved + 1"),
    (2, "a reservation that is not counted", "UPDATE stock_reservations SET status = 'held' WHERE lock_id = :declined"),
    (3, "a piece that came from nowhere", "UPDATE stock_levels SET on_hand = on_hand + 1"),
    (3, "a movement that did not happen", "DELETE FROM stock_movements WHERE kind = 'sale'"),
    (4, "released after its sale", "UPDATE stock_reservations SET status = 'released' WHERE lock_id = :bought"),
    (4, "sold twice", _SOLD_AGAIN),
    (5, "a cart held by an ended checkout", "UPDATE checkout_locks SET holds_cart = TRUE WHERE id = :bought"),
    (5, "a cart that names no holder", "UPDATE carts SET lock_id = NULL WHERE lock_id = :waiting"),
    (5, "a cart that names an ended checkout", "UPDATE carts SET lock_id = :bought WHERE lock_id IS NULL"),
    (
        5,
        "a cart held twice",
        "UPDATE checkout_locks SET cart_id = (SELECT cart_id FROM checkout_locks WHERE id = :in_doubt) "
        "WHERE id = :waiting",
    ),
    (6, "two orders", _COPIED_ORDER),
    (7, "two operations", _COPIED_OPERATION.format(kind="kind", amount="amount", lock=":bought")),
    (8, "paid without capture", "DELETE FROM payment_operations WHERE lock_id = :bought AND kind = 'capture'"),
    (
        8,
        "captured another amount",
        "UPDATE payment_operations SET amount = amount + 1 WHERE lock_id = :bought AND kind = 'capture'",
    ),
    (
        8,
        "captured another currency",
        "UPDATE payment_operations SET currency = 'EUR' WHERE lock_id = :bought AND kind = 'capture'",
    ),
    (8, "fewer pieces left the stock", "UPDATE stock_reservations SET quantity = 1 WHERE lock_id = :bought"),
    (8, "completed without a paid order", "UPDATE orders SET status = 'pending' WHERE lock_id = :bought"),
    (8, "ordered without an order", "UPDATE carts SET status = 'ordered', lock_id = NULL"),
    (9, "failed and holding stock", "UPDATE stock_reservations SET status = 'pinned' WHERE lock_id = :declined"),
    (9, "failed and holding a coupon", "UPDATE coupon_redemptions SET status = 'final' WHERE lock_id = :declined"),
    (9, "failed with an order", "UPDATE orders SET status = 'pending' WHERE lock_id = :declined"),
    (
        9,
        "failed with money authorized",
        "UPDATE payment_operations SET status = 'refused' WHERE lock_id = :declined AND kind = 'void'",
    ),
    (
        9,
        "failed with money captured",
        "UPDATE payment_operations SET status = 'succeeded' WHERE lock_id = :declined AND kind = 'capture'",
    ),
    (10, "pinned before the capture", "UPDATE stock_reservations SET status = 'pinned' WHERE lock_id = :in_doubt"),
    (11, "a line's total", "UPDATE price_snapshots SET total = total + 1 WHERE cart_line_id IS NOT NULL"),
    (11, "a line's subtotal", "UPDATE price_snapshots SET sub_total = 1 WHERE cart_line_id IS NOT NULL"),
    (11, "a cart's total", "UPDATE price_snapshots SET total = total + 1 WHERE cart_line_id IS NULL"),
    (11, "a cart's discount", "UPDATE price_snapshots SET discount_total = 7 WHERE cart_line_id IS NULL"),
    (11, "an order's total", "UPDATE orders SET total = total + 1"),
    (11, "an order's line", "UPDATE order_lines SET total = total + 1"),
    (11, "an order without snapshot", "DELETE FROM price_snapshots WHERE checkout_lock_id = :bought"),
    (11, "another amount captured", "UPDATE payment_operations SET amount = 1 WHERE kind = 'capture'"),
    (
        12,
        "a falling fence",
        "UPDATE checkout_steps SET fence = fence - 1 WHERE lock_id = :bought AND phase = 'stock_commit'",
    ),
    (12, "a phase left out", "DELETE FROM checkout_steps WHERE lock_id = :bought AND phase = 'price_lock'"),
    (12, "a state of another phase", "UPDATE checkout_steps SET state = 'committing' WHERE phase = 'price_lock'"),
    (
        12,
        "forwards after the way back",
        "UPDATE checkout_steps SET is_compensation = TRUE WHERE lock_id = :bought AND phase = 'price_lock'",
    ),
    (13, "an ended checkout with a driver", "UPDATE checkout_locks SET lease_owner = 'x' WHERE id = :bought"),
    (
        13,
        "an ended checkout in doubt",
        "UPDATE payment_operations SET status = 'unknown', resolved_at = NULL WHERE lock_id = :bought",
    ),
    (13, "two ends", _COPIED_EVENT.format(lock="lock_id")),
    (13, "an end too early", _COPIED_EVENT.format(lock=":in_doubt")),
    (13, "no end", "DELETE FROM outbox_events WHERE is_terminal AND lock_id = :bought"),
    (14, "a use that nobody has", "UPDATE coupons SET uses = uses + 1"),
    (14, "a use that is not counted", "UPDATE coupon_redemptions SET status = 'held' WHERE lock_id = :declined"),
    (15, "no reason", "UPDATE audit_entries SET reason = '' WHERE action = 'release'"),
    (15, "no actor", "UPDATE audit_entries SET actor = ''"),
    (15, "an entry changed", "UPDATE audit_entries SET reason = 'something else' WHERE id = 1"),
    (15, "the first entry gone", "DELETE FROM audit_entries WHERE id = (SELECT min(id) FROM audit_entries)"),
    (15, "the last entry gone", "DELETE FROM audit_entries WHERE id = (SELECT max(id) FROM audit_entries)"),
)


def test_every_invariant_is_broken_somewhere_here() -> None:
    assert len({(number, what) for number, what, _ in BREAKS}) == len(BREAKS)
    assert {number for number, _, _ in BREAKS} == {invariant.number for invariant in INVARIANTS} == set(range(1, 16))


def test_a_shop_with_a_past_breaks_none(session: Session, past: Past) -> None:
    assert past.bought
    assert check_all(session) == []


def test_a_broken_invariant_is_found(database: Engine, past: Past) -> None:
    found = {(number, what): _break(database, past, statement) for number, what, statement in BREAKS}

    assert [case for case, (changed, _) in found.items() if not changed] == []
    assert {case: numbers for case, (_, numbers) in found.items() if case[0] not in numbers} == {}


def _break(database: Engine, past: Past, statement: str) -> tuple[int, set[int]]:
    """Run a statement on a shop that is whole; give how many rows it changed and which invariants that broke."""
    with unguarded(database, *TABLES) as connection:
        assert check_all(connection) == [], "bare tables alone break nothing"

        changed = connection.execute(text(statement), past.values(statement)).rowcount
        return changed, {violation.invariant for violation in check_all(connection)}


def test_another_checkouts_refund_hides_no_captured_money(database: Engine, past: Past) -> None:
    captured = "UPDATE payment_operations SET status = 'succeeded' WHERE lock_id = :declined AND kind = 'capture'"
    refunded = _COPIED_OPERATION.format(
        kind="'refund'",
        amount="(SELECT amount FROM payment_operations WHERE lock_id = :declined AND kind = 'capture')",
        lock=":bought",
    )

    with unguarded(database, *TABLES) as connection:
        for statement in (captured, refunded):
            connection.execute(text(statement), past.values(statement))
        broken = {violation.invariant for violation in check_all(connection)}

    assert 9 in broken


def test_a_violation_carries_its_facts(database: Engine, past: Past) -> None:
    with unguarded(database, *TABLES) as connection:
        connection.execute(text("UPDATE carts SET lock_id = NULL WHERE lock_id = :waiting"), past.values(":waiting"))
        [violation] = check_cheap(connection)

    assert (violation.invariant, violation.facts["id"], violation.facts["held_by"]) == (5, past.waiting, None)


def plan_of(connection: Connection, query: Select[Any]) -> str:
    """Explain a query, as PostgreSQL would run it where it reads a whole table only for want of an index."""
    statement = query.limit(100).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    return "\n".join(connection.scalars(text(f"EXPLAIN {statement}")))


@pytest.mark.databases("postgresql")
def test_the_cheap_invariants_read_no_whole_table(database: Engine) -> None:
    cheap = [query for invariant in INVARIANTS if invariant.is_cheap for query in invariant.queries]
    [stock] = [invariant.queries[0] for invariant in INVARIANTS if invariant.number == 1]

    with database.connect() as connection:
        plans = [plan_of(connection, query()) for query in cheap]
        whole = plan_of(connection, stock())

    assert len(plans) == 3
    assert [plan for plan in plans if "Seq Scan" in plan] == []
    assert "Seq Scan on stock_levels" in whole
