"""The statements of the floor: what a checkout of two lines leaves in the shop's tables, in three transactions."""

from __future__ import annotations

from dataclasses import dataclass

NOW = "clock_timestamp()"


@dataclass(frozen=True)
class Step:
    """One statement, and the name of the id that it gives to those after it."""

    sql: str
    gives: str | None = None


def _steps_of(*rows: tuple[str, str, str]) -> Step:
    """Write history rows: phase, state, status."""
    values = ", ".join(
        f"(%(lock)s, '{phase}', '{state}', '{status}', 1, {NOW}, {NOW})" for phase, state, status in rows
    )
    return Step(
        f"INSERT INTO checkout_steps (lock_id, phase, state, status, fence, started_at, finished_at) VALUES {values}"
    )


def _close(phase: str) -> Step:
    return Step(
        f"UPDATE checkout_steps SET status = 'completed', finished_at = {NOW} "
        f"WHERE lock_id = %(lock)s AND phase = '{phase}' AND NOT is_compensation"
    )


def _event(topic: str, *, is_terminal: bool) -> Step:
    return Step(
        "INSERT INTO outbox_events (lock_id, topic, is_terminal, payload, created_at) "
        f"VALUES (%(lock)s, '{topic}', {is_terminal}, '{{}}', {NOW})"
    )


def _snapshot(line: str, facts: str, total: str) -> str:
    return (
        f"(%(lock)s, %(cart)s, {line}, {facts}, {total}, 0, 0, 0, {total}, false, '[]', '[]', '[]', "
        f"'GBP', 'GBP', 1, {NOW})"
    )


_CART = Step(
    "INSERT INTO carts (token_hash, status, currency_code, email, shipping_address, created_at, updated_at) "
    f"VALUES (%(token_hash)s, 'open', 'GBP', 'ada@example.org', %(address)s, {NOW}, {NOW}) RETURNING id",
    gives="cart",
)
_CART_LINES = Step(
    "INSERT INTO cart_lines (cart_id, variant_id, quantity) "
    "VALUES (%(cart)s, %(variant_1)s, 1), (%(cart)s, %(variant_2)s, 1)"
)
_LOCK = Step(
    "INSERT INTO checkout_locks (reference, cart_id, session_id, customer_email, state, phase, fence, revision, "
    "holds_cart, locked_at, changed_at, processed_at, expires_at, lease_owner, lease_until, metadata) VALUES "
    "(%(reference)s, %(cart)s, %(session)s, 'ada@example.org', 'authorizing', 'payment_authorization', 1, 1, true, "
    f"{NOW}, {NOW}, {NOW}, {NOW} + interval '15 minutes', %(session)s, {NOW} + interval '30 seconds', '{{}}') "
    "RETURNING id",
    gives="lock",
)
_HOLD_CART = Step("UPDATE carts SET lock_id = %(lock)s, revision = revision + 1 WHERE id = %(cart)s")
_SNAPSHOTS = Step(
    "INSERT INTO price_snapshots (checkout_lock_id, cart_id, cart_line_id, variant_id, sku, name, quantity, "
    "unit_price, sub_total, discount_total, tax_total, shipping_total, total, prices_include_tax, "
    "discount_breakdown, applied_discounts, tax_breakdown, currency_code, compare_currency_code, exchange_rate, "
    "snapshot_at) VALUES "
    + ", ".join(
        (
            _snapshot("NULL", "NULL, NULL, NULL, NULL, NULL", "%(total)s"),
            _snapshot("1", "%(variant_1)s, %(sku_1)s, %(sku_1)s, 1, %(price)s", "%(price)s"),
            _snapshot("2", "%(variant_2)s, %(sku_2)s, %(sku_2)s, 1, %(price)s", "%(price)s"),
        )
    )
)
_RESERVATIONS = Step(
    "INSERT INTO stock_reservations (lock_id, stock_level_id, variant_id, warehouse_id, quantity, status, created_at) "
    f"VALUES (%(lock)s, %(level_1)s, %(variant_1)s, %(warehouse_1)s, 1, 'held', {NOW}), "
    f"(%(lock)s, %(level_2)s, %(variant_2)s, %(warehouse_2)s, 1, 'held', {NOW})"
)


def _operation(kind: str) -> Step:
    return Step(
        "INSERT INTO payment_operations (lock_id, kind, status, amount, currency, idempotency_key, provider, "
        f"payment_method, payment_token, created_at) VALUES (%(lock)s, '{kind}', 'pending', %(total)s, 'GBP', "
        f"%({kind}_key)s, 'sandbox', 'card', 'tok_visa', {NOW})"
    )


def _resolve(kind: str) -> Step:
    return Step(
        "UPDATE payment_operations SET status = 'succeeded', payment_token = NULL, answer = '{}', "
        f"provider_reference = %(provider_reference)s, resolved_at = {NOW} WHERE lock_id = %(lock)s AND kind = '{kind}'"
    )


def _levels(change: str) -> tuple[Step, Step]:
    """Change both stock levels, in ascending id."""
    return (
        Step(f"UPDATE stock_levels SET {change} WHERE id = %(level_1)s"),
        Step(f"UPDATE stock_levels SET {change} WHERE id = %(level_2)s"),
    )


_ORDER = Step(
    "INSERT INTO orders (number, lock_id, cart_id, status, customer_email, sub_total, discount_total, tax_total, "
    "shipping_total, total, currency, shipping_address, billing_address, created_at) VALUES (%(number)s, %(lock)s, "
    f"%(cart)s, 'pending', 'ada@example.org', %(total)s, 0, 0, 0, %(total)s, 'GBP', %(address)s, %(address)s, {NOW}) "
    "RETURNING id",
    gives="order",
)
_ORDER_LINES = Step(
    "INSERT INTO order_lines (order_id, variant_id, sku, name, quantity, unit_price, sub_total, discount_total, "
    "tax_total, total) VALUES "
    "(%(order)s, %(variant_1)s, %(sku_1)s, %(sku_1)s, 1, %(price)s, %(price)s, 0, 0, %(price)s), "
    "(%(order)s, %(variant_2)s, %(sku_2)s, %(sku_2)s, 1, %(price)s, %(price)s, 0, 0, %(price)s)"
)
_MOVEMENTS = Step(
    "INSERT INTO stock_movements (variant_id, warehouse_id, lock_id, quantity, kind, created_at) VALUES "
    f"(%(variant_1)s, %(warehouse_1)s, %(lock)s, -1, 'sale', {NOW}), "
    f"(%(variant_2)s, %(warehouse_2)s, %(lock)s, -1, 'sale', {NOW})"
)

LEG_ONE = (
    _CART,
    _CART_LINES,
    _LOCK,
    _HOLD_CART,
    _event("CheckoutStarted", is_terminal=False),
    _steps_of(
        ("cart_validation", "validating", "completed"),
        ("inventory_reservation", "reserving", "completed"),
        ("price_lock", "locking_prices", "completed"),
        ("payment_authorization", "authorizing", "started"),
    ),
    _SNAPSHOTS,
    _operation("authorize"),
    _RESERVATIONS,
    *_levels("reserved = reserved + 1"),
)
LEG_TWO = (
    Step(
        "UPDATE checkout_locks SET state = 'capturing', phase = 'payment_capture', revision = revision + 1, "
        f"changed_at = {NOW} WHERE id = %(lock)s"
    ),
    _ORDER,
    _ORDER_LINES,
    _resolve("authorize"),
    _operation("capture"),
    Step("UPDATE stock_reservations SET status = 'pinned' WHERE lock_id = %(lock)s"),
    _close("payment_authorization"),
    _steps_of(("order_creation", "creating_order", "completed"), ("payment_capture", "capturing", "started")),
)
LEG_THREE = (
    Step(f"UPDATE carts SET lock_id = NULL, status = 'ordered', updated_at = {NOW} WHERE id = %(cart)s"),
    Step(
        "UPDATE checkout_locks SET state = 'completed', phase = 'stock_commit', revision = revision + 1, "
        f"holds_cart = false, lease_owner = NULL, lease_until = NULL, changed_at = {NOW}, completed_at = {NOW} "
        "WHERE id = %(lock)s"
    ),
    _resolve("capture"),
    Step(f"UPDATE orders SET status = 'paid', paid_at = {NOW} WHERE lock_id = %(lock)s"),
    Step(f"UPDATE stock_reservations SET status = 'committed', resolved_at = {NOW} WHERE lock_id = %(lock)s"),
    _MOVEMENTS,
    _event("CheckoutCompleted", is_terminal=True),
    _close("payment_capture"),
    _steps_of(("stock_commit", "committing", "completed")),
    *_levels("on_hand = on_hand - 1, reserved = reserved - 1"),
)
