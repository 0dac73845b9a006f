"""The schema holds what it promises: each constraint is tried by violating it, each migration by going up and down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from console.engine import process
from console.extensions import db
from console.testing.factories import VISA, Shop
from tests.support.installation import build_app, close
from tests.support.schemas import unlike_models

# Each breaks one promise of the schema, on a shop with one completed checkout (1) and one pending (2).
VIOLATIONS = {
    "a cart is open or ordered": "UPDATE carts SET status = 'lost'",
    "an ordered cart is not held": "UPDATE carts SET lock_id = 1 WHERE status = 'ordered'",
    "a quantity is positive": "UPDATE cart_lines SET quantity = 0",
    "a quantity is bounded": "UPDATE cart_lines SET quantity = 100001",
    "a plain sku stands once in a cart": "INSERT INTO cart_lines (cart_id, variant_id, quantity) SELECT cart_id, variant_id, 1 FROM cart_lines",
    "a state that is only history is never committed": "UPDATE checkout_locks SET state = 'validating' WHERE id = 2",
    "a phase is known": "UPDATE checkout_locks SET phase = 'shipping'",
    "an outcome is known": "UPDATE checkout_locks SET state = 'failed', holds_cart = false, outcome = 'bored' WHERE id = 2",
    "what failed has an outcome": "UPDATE checkout_locks SET state = 'failed', holds_cart = false WHERE id = 2",
    "what completed has none": "UPDATE checkout_locks SET outcome = 'error' WHERE id = 1",
    "what ended holds no cart": "UPDATE checkout_locks SET holds_cart = true WHERE id = 1",
    "what is pending holds its cart": "UPDATE checkout_locks SET holds_cart = false WHERE id = 2",
    "what ended has no lease": "UPDATE checkout_locks SET lease_owner = 'me' WHERE id = 1",
    "a cart is held once": "UPDATE checkout_locks SET cart_id = (SELECT cart_id FROM checkout_locks WHERE id = 3) WHERE id = 2",
    "a shop's number stands once": "UPDATE carts SET shop_reference = 'same'",
    "a reference stands once": "UPDATE checkout_locks SET reference = 'SAME-SAME'",
    "reserved is within on hand": "UPDATE stock_levels SET reserved = on_hand + 1",
    "reserved is not negative": "UPDATE stock_levels SET reserved = -1",
    "a level stands once": "INSERT INTO stock_levels (variant_id, warehouse_id, on_hand, reserved) SELECT variant_id, warehouse_id, 0, 0 FROM stock_levels",
    "a resolved reservation says when": "UPDATE stock_reservations SET resolved_at = NULL",
    "a reservation has pieces": "UPDATE stock_reservations SET quantity = 0",
    "an operation stands once a kind": "UPDATE payment_operations SET kind = 'capture'",
    "an operation's status is known": "UPDATE payment_operations SET status = 'maybe'",
    "a resolved operation says when": "UPDATE payment_operations SET resolved_at = NULL",
    "a resolved operation has no token": "UPDATE payment_operations SET payment_token = 'tok_visa'",
    "an order stands once a lock": "INSERT INTO orders (number, lock_id, cart_id, status, sub_total, discount_total, tax_total, shipping_total, total, currency, created_at) SELECT 'other', lock_id, cart_id, 'pending', 0, 0, 0, 0, 0, 'GBP', created_at FROM orders",
    "a paid order says when": "UPDATE orders SET paid_at = NULL",
    "an order costs nothing at least": "UPDATE orders SET total = -1",
    "an end is told once": "UPDATE outbox_events SET is_terminal = true WHERE lock_id = 1",
    "a step stands once a direction": "UPDATE checkout_steps SET phase = 'price_lock'",
    "a step's direction fits its status": "UPDATE checkout_steps SET status = 'compensated'",
    "the audit trail has one head": "INSERT INTO audit_head (id, hash, entries) VALUES (2, 'x', 0)",
    "a snapshot stands once a line": "UPDATE price_snapshots SET cart_line_id = NULL",
    "a variant that was sold is not deleted": "DELETE FROM variants",
    "a lock belongs to a cart": "UPDATE checkout_locks SET cart_id = 999",
}


@pytest.fixture
def bought(session: Session, shop: Shop) -> None:
    shop.sell("MUG")
    shop.sell("PEN")
    process(session, shop.checkout(("MUG", 1), ("PEN", 2)), payment=VISA)
    shop.checkout()
    shop.checkout()
    session.commit()


@pytest.mark.usefixtures("bought")
def test_no_statement_gets_past_the_constraints(database: Engine) -> None:
    accepted = [promise for promise, statement in VIOLATIONS.items() if not is_refused(database, statement)]

    assert accepted == []


def is_refused(database: Engine, statement: str) -> bool:
    with database.connect() as connection:
        try:
            connection.execute(text(statement))
        except DatabaseError:
            return True
    return False


def test_the_migrations_make_the_models_and_go_back(database_url: str, tmp_path: Path) -> None:
    app = build_app(database_url, tmp_path)
    with app.app_context():
        assert differences() == []
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        assert differences() == []
        assert db.session.execute(text("SELECT code FROM warehouses")).scalars().all() == ["main"]
        db.session.remove()
    close(app)


def differences() -> list[Any]:
    with db.engine.connect() as connection:
        return unlike_models(connection)
