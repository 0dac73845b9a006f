"""The invariants (ENGINE.md): each is a query that returns no row at any commit.

Most are SQL; the ones that walk a sequence (12, the audit chain of 15) are read in order. Numbers are ENGINE.md's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from console.engine.audit import broken_links, is_head_last
from console.engine.database import Reader
from console.engine.machine import ENDED, PHASE_STATES, OperationKind, OperationStatus, Phase, ReservationStatus, State
from console.engine.tables import (
    audit_entries,
    carts,
    coupon_redemptions,
    coupons,
    events,
    locks,
    operations,
    order_lines,
    orders,
    reservations,
    snapshots,
    steps,
    stock_levels,
    stock_movements,
)
from console.models.vocabulary import CartStatus, OrderStatus, RedemptionStatus

_OPEN = (ReservationStatus.HELD, ReservationStatus.PINNED)
_SHOWN_AT_MOST = 100


@dataclass(frozen=True)
class Violation:
    """One row that should not be: which invariant it breaks, and its facts."""

    invariant: int
    title: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Invariant:
    """One of ENGINE.md's invariants. `is_cheap` ones are part of the health check: an index answers them."""

    number: int
    title: str
    queries: tuple[Callable[[], Select[Any]], ...] = ()
    walk: Callable[[Reader], Iterable[dict[str, Any]]] | None = None
    is_cheap: bool = False

    def check(self, reader: Reader) -> Iterator[Violation]:
        """Find what breaks it, at most 100 rows a query. Reads only."""
        for query in self.queries:
            for row in reader.execute(query().limit(_SHOWN_AT_MOST)):
                yield Violation(self.number, self.title, dict(row._mapping))
        for facts in self.walk(reader) if self.walk else ():
            yield Violation(self.number, self.title, facts)


def check_all(reader: Reader) -> list[Violation]:
    """Check every invariant. Reads only."""
    return [violation for invariant in INVARIANTS for violation in invariant.check(reader)]


def check_cheap(reader: Reader) -> list[Violation]:
    """Check the invariants that cost little however much was sold. Reads only."""
    return [violation for invariant in INVARIANTS if invariant.is_cheap for violation in invariant.check(reader)]


def _stock_out_of_bounds() -> Select[Any]:
    level = stock_levels.c
    return select(level["id", "variant_id", "on_hand", "reserved"]).where(
        or_(level.reserved < 0, level.reserved > level.on_hand)
    )


def _reserved_differs() -> Select[Any]:
    level = stock_levels.c
    is_open = and_(reservations.c.stock_level_id == level.id, reservations.c.status.in_(_OPEN))
    held = func.coalesce(func.sum(reservations.c.quantity), 0)
    return (
        select(level["id", "variant_id", "reserved"], held.label("held"))
        .outerjoin(reservations, is_open)
        .group_by(level.id, level.variant_id, level.reserved)
        .having(level.reserved != held)
    )


def _on_hand_differs() -> Select[Any]:
    level, move = stock_levels.c, stock_movements.c
    here = and_(move.variant_id == level.variant_id, move.warehouse_id == level.warehouse_id)
    moved = func.coalesce(func.sum(move.quantity), 0)
    return (
        select(level["id", "variant_id", "on_hand"], moved.label("moved"))
        .outerjoin(stock_movements, here)
        .group_by(level.id, level.variant_id, level.on_hand)
        .having(level.on_hand != moved)
    )


def _resolved_twice() -> Select[Any]:
    """A committed reservation has one sale of its quantity, any other has none."""
    row, move = reservations.c, stock_movements.c
    sale = and_(
        move.lock_id == row.lock_id, move.variant_id == row.variant_id, move.warehouse_id == row.warehouse_id
    )
    sold = func.coalesce(func.sum(-move.quantity), 0)
    expected = case((row.status == ReservationStatus.COMMITTED, row.quantity), else_=0)
    return (
        select(row["id", "lock_id", "status", "quantity"], sold.label("sold"))
        .outerjoin(stock_movements, sale)
        .group_by(row.id, row.lock_id, row.status, row.quantity)
        .having(sold != expected)
    )


def _cart_held_twice() -> Select[Any]:
    count = func.count()
    held = select(locks.c.cart_id, count.label("locks")).where(locks.c.holds_cart)
    return held.group_by(locks.c.cart_id).having(count > 1)


def _cart_and_lock_disagree() -> Select[Any]:
    holder = select(locks.c.id).where(locks.c.cart_id == carts.c.id, locks.c.holds_cart).scalar_subquery()
    differs = func.coalesce(carts.c.lock_id, 0) != func.coalesce(holder, 0)
    return select(carts.c["id", "lock_id"], holder.label("held_by")).where(
        differs, or_(carts.c.lock_id.is_not(None), exists().where(locks.c.cart_id == carts.c.id, locks.c.holds_cart))
    )


def _repeated(table: Any, *columns: str) -> Callable[[], Select[Any]]:
    """Build the query for rows that stand more than once."""

    def query() -> Select[Any]:
        named = [table.c[name] for name in columns]
        return select(*named, func.count().label("rows")).group_by(*named).having(func.count() > 1)

    return query


def _has_operation(kind: OperationKind, *conditions: ColumnElement[bool], status: str) -> ColumnElement[bool]:
    mine = (operations.c.lock_id == locks.c.id, operations.c.kind == kind, operations.c.status == status)
    return exists().where(*mine, *conditions)


def _paid_without_capture() -> Select[Any]:
    of_total = (operations.c.amount == orders.c.total, operations.c.currency == orders.c.currency)
    captured = _has_operation(OperationKind.CAPTURE, *of_total, status=OperationStatus.SUCCEEDED)
    return (
        select(orders.c["id", "number", "total", "currency"])
        .join(locks, locks.c.id == orders.c.lock_id)
        .where(orders.c.status == OrderStatus.PAID, or_(~captured, locks.c.state != State.COMPLETED))
    )


def _paid_without_stock() -> Select[Any]:
    """Compare the pieces of each variant on a paid order with what its checkout committed."""
    bought = (
        select(orders.c.lock_id, order_lines.c.variant_id, func.sum(order_lines.c.quantity).label("quantity"))
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .where(orders.c.status == OrderStatus.PAID)
        .group_by(orders.c.lock_id, order_lines.c.variant_id)
        .subquery()
    )
    committed = func.coalesce(
        func.sum(case((reservations.c.status == ReservationStatus.COMMITTED, reservations.c.quantity), else_=0)), 0
    )
    of_line = and_(
        reservations.c.lock_id == bought.c.lock_id, reservations.c.variant_id == bought.c.variant_id
    )
    return (
        select(bought.c["lock_id", "variant_id", "quantity"], committed.label("committed"))
        .outerjoin(reservations, of_line)
        .group_by(bought.c.lock_id, bought.c.variant_id, bought.c.quantity)
        .having(bought.c.quantity != committed)
    )


def _completed_without_paid_order() -> Select[Any]:
    paid = exists().where(orders.c.lock_id == locks.c.id, orders.c.status == OrderStatus.PAID)
    unsold = exists().where(
        reservations.c.lock_id == locks.c.id, reservations.c.status != ReservationStatus.COMMITTED
    )
    return select(locks.c["id", "reference"]).where(locks.c.state == State.COMPLETED, or_(~paid, unsold))


def _failed_but_holding() -> Select[Any]:
    stock = exists().where(reservations.c.lock_id == locks.c.id, reservations.c.status.in_(_OPEN))
    coupon = exists().where(
        coupon_redemptions.c.lock_id == locks.c.id, coupon_redemptions.c.status != RedemptionStatus.RETURNED
    )
    order = exists().where(orders.c.lock_id == locks.c.id, orders.c.status != OrderStatus.CANCELLED)
    gone_back = locks.c.state.in_((State.FAILED, State.ROLLING_BACK))
    return select(locks.c["id", "reference", "state"]).where(gone_back, or_(locks.c.holds_cart, stock, coupon, order))


def _failed_with_money() -> Select[Any]:
    capture = aliased(operations)
    refunded = _has_operation(
        OperationKind.REFUND, operations.c.amount == capture.c.amount, status=OperationStatus.SUCCEEDED
    )
    captured = exists().where(
        capture.c.lock_id == locks.c.id,
        capture.c.kind == OperationKind.CAPTURE,
        capture.c.status == OperationStatus.SUCCEEDED,
        ~refunded,
    )
    authorized = _has_operation(
        OperationKind.AUTHORIZE, operations.c.amount > 0, status=OperationStatus.SUCCEEDED
    )
    voided = _has_operation(OperationKind.VOID, status=OperationStatus.SUCCEEDED)
    given_back = _has_operation(OperationKind.REFUND, status=OperationStatus.SUCCEEDED)
    held = and_(authorized, ~voided, ~given_back)
    return select(locks.c["id", "reference"]).where(locks.c.state == State.FAILED, or_(held, captured))


def _pinned_elsewhere() -> Select[Any]:
    return (
        select(reservations.c["id", "lock_id"], locks.c.state)
        .join(locks, locks.c.id == reservations.c.lock_id)
        .where(reservations.c.status == ReservationStatus.PINNED, locks.c.state != State.CAPTURING)
    )


def _line_does_not_add_up() -> Select[Any]:
    row = snapshots.c
    total = row.unit_price * row.quantity - row.discount_total + row.tax_total
    differs = or_(row.total != total, row.sub_total != row.unit_price * row.quantity)
    return select(row["id", "checkout_lock_id", "total"]).where(row.cart_line_id.is_not(None), differs)


def _cart_does_not_add_up() -> Select[Any]:
    cart, line = aliased(snapshots), aliased(snapshots)
    sums = [func.coalesce(func.sum(line.c[name]), 0) for name in ("total", "sub_total", "discount_total", "tax_total")]
    of_cart = and_(line.c.checkout_lock_id == cart.c.checkout_lock_id, line.c.cart_line_id.is_not(None))
    shown = cart.c["id", "checkout_lock_id", "total", "shipping_total", "sub_total", "discount_total", "tax_total"]
    return (
        select(shown, sums[0].label("lines"))
        .outerjoin(line, of_cart)
        .where(cart.c.cart_line_id.is_(None))
        .group_by(*shown)
        .having(
            or_(
                cart.c.total != sums[0] + cart.c.shipping_total,
                cart.c.sub_total != sums[1],
                cart.c.discount_total != sums[2],
                cart.c.tax_total != sums[3],
            )
        )
    )


def _order_differs_from_snapshot() -> Select[Any]:
    of_cart = and_(snapshots.c.checkout_lock_id == orders.c.lock_id, snapshots.c.cart_line_id.is_(None))
    amounts = ("sub_total", "discount_total", "tax_total", "shipping_total", "total")
    differs = or_(*(orders.c[name] != snapshots.c[name] for name in amounts), snapshots.c.id.is_(None))
    shown = (orders.c["id", "number", "total"], snapshots.c.total.label("snapshot_total"))
    return select(*shown).outerjoin(snapshots, of_cart).where(differs)


def _order_lines_do_not_add_up() -> Select[Any]:
    lines = func.coalesce(func.sum(order_lines.c.total), 0)
    return (
        select(orders.c["id", "number", "total", "shipping_total"], lines.label("lines"))
        .outerjoin(order_lines, order_lines.c.order_id == orders.c.id)
        .group_by(orders.c.id, orders.c.number, orders.c.total, orders.c.shipping_total)
        .having(orders.c.total != lines + orders.c.shipping_total)
    )


def _captured_another_amount() -> Select[Any]:
    of_order = and_(operations.c.lock_id == orders.c.lock_id, operations.c.kind == OperationKind.CAPTURE)
    return (
        select(orders.c["id", "number", "total"], operations.c.amount)
        .join(operations, of_order)
        .where(or_(operations.c.amount != orders.c.total, operations.c.currency != orders.c.currency))
    )


_PHASE_ORDER = {phase: number for number, phase in enumerate(Phase)}


def _steps_out_of_order(reader: Reader) -> Iterator[dict[str, Any]]:
    """Walk each checkout's history: phases forwards in their order, fences never falling."""
    query = select(steps).order_by(steps.c.lock_id, steps.c.id).execution_options(yield_per=1000)
    last: Any = None
    for row in reader.execute(query):
        if last is not None and last.lock_id == row.lock_id and not _may_follow(last, row):
            yield {"lock_id": row.lock_id, "phase": row.phase, "after": last.phase, "fence": row.fence}
        if row.state != PHASE_STATES[Phase(row.phase)]:
            yield {"lock_id": row.lock_id, "phase": row.phase, "state": row.state}
        last = row


def _may_follow(last: Any, row: Any) -> bool:
    if row.fence < last.fence or (last.is_compensation and not row.is_compensation):
        return False
    return row.is_compensation or _PHASE_ORDER[row.phase] == _PHASE_ORDER[last.phase] + 1


def _ended_but_unfinished() -> Select[Any]:
    unresolved = exists().where(operations.c.lock_id == locks.c.id, operations.c.resolved_at.is_(None))
    ended = locks.c.state.in_(ENDED)
    has_lease = or_(locks.c.lease_owner.is_not(None), locks.c.lease_until.is_not(None))
    return select(locks.c["id", "reference", "state"]).where(ended, or_(unresolved, has_lease))


def _terminal_events_differ() -> Select[Any]:
    """A lock that ended has one terminal event; one that late money brought back has it already."""
    mine = and_(events.c.lock_id == locks.c.id, events.c.is_terminal)
    count = func.count(events.c.id)
    has_ended = or_(locks.c.completed_at.is_not(None), locks.c.failed_at.is_not(None))
    expected = case((has_ended, literal(1)), else_=0)
    return (
        select(locks.c["id", "reference", "state"], count.label("events"))
        .outerjoin(events, mine)
        .group_by(locks.c.id, locks.c.reference, locks.c.state, locks.c.completed_at, locks.c.failed_at)
        .having(count != expected)
    )


def _coupon_uses_differ() -> Select[Any]:
    counts = and_(
        coupon_redemptions.c.coupon_id == coupons.c.id, coupon_redemptions.c.status != RedemptionStatus.RETURNED
    )
    used = func.count(coupon_redemptions.c.id)
    return (
        select(coupons.c["id", "code", "uses"], used.label("counted"))
        .outerjoin(coupon_redemptions, counts)
        .group_by(coupons.c.id, coupons.c.code, coupons.c.uses)
        .having(coupons.c.uses != used)
    )


def _ordered_cart_without_order() -> Select[Any]:
    paid = exists().where(orders.c.cart_id == carts.c.id, orders.c.status == OrderStatus.PAID)
    return select(carts.c["id", "status"]).where(carts.c.status == CartStatus.ORDERED, ~paid)


def _audit_without_actor() -> Select[Any]:
    needs_reason = audit_entries.c.action.in_(("release", "expire", "resolve"))
    unsaid = and_(needs_reason, func.coalesce(audit_entries.c.reason, "") == "")
    return select(audit_entries.c["id", "action", "actor"]).where(or_(audit_entries.c.actor == "", unsaid))


def _audit_chain_broken(reader: Reader) -> Iterator[dict[str, Any]]:
    for row in broken_links(reader):
        yield {"entry": row.id, "action": row.action}
    if not is_head_last(reader):
        yield {"entry": None, "action": "the newest entries are missing"}


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(1, "reserved stock is within the stock on hand", (_stock_out_of_bounds,), is_cheap=True),
    Invariant(2, "reserved stock is the sum of the open reservations", (_reserved_differs,)),
    Invariant(3, "stock on hand is the sum of its movements", (_on_hand_differs,)),
    Invariant(4, "every reservation is resolved at most once", (_resolved_twice,)),
    Invariant(
        5,
        "a cart is held by one checkout at most, and says so",
        (_cart_held_twice, _cart_and_lock_disagree),
        is_cheap=True,
    ),
    Invariant(6, "a checkout has one order at most", (_repeated(orders, "lock_id"),)),
    Invariant(
        7, "a checkout has one operation of each kind at most", (_repeated(operations, "lock_id", "kind"),)
    ),
    Invariant(
        8,
        "a paid order has its capture and its stock",
        (_paid_without_capture, _paid_without_stock, _completed_without_paid_order, _ordered_cart_without_order),
    ),
    Invariant(
        9, "a failed checkout holds nothing, no money either", (_failed_but_holding, _failed_with_money)
    ),
    Invariant(10, "pinned stock belongs to a capture", (_pinned_elsewhere,), is_cheap=True),
    Invariant(
        11,
        "amounts add up: lines, snapshot, order, capture",
        (
            _line_does_not_add_up,
            _cart_does_not_add_up,
            _order_differs_from_snapshot,
            _order_lines_do_not_add_up,
            _captured_another_amount,
        ),
    ),
    Invariant(12, "phases follow each other and fences never fall", walk=_steps_out_of_order),
    Invariant(
        13, "an ended checkout is finished and said so once", (_ended_but_unfinished, _terminal_events_differ)
    ),
    Invariant(14, "coupon uses are counted right", (_coupon_uses_differ,)),
    Invariant(15, "every admin action is in the audit trail", (_audit_without_actor,), walk=_audit_chain_broken),
)
