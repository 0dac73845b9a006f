"""Checkouts: started, paid, gone on with, cancelled."""

from __future__ import annotations

from typing import Any

from flask import g, has_app_context
from pydantic import BaseModel
from sqlalchemy import Row, select

from console.engine import Payment, cancel, process, resume
from console.engine.driving.locks import is_due
from console.engine.driving.start import start_or_join
from console.engine.errors import NotFound, PaymentPending
from console.engine.machine import STATE_NAMES, State
from console.engine.store.database import Reader, look
from console.engine.store.signals import checkout_completed
from console.engine.store.tables import carts, locks
from console.extensions import db
from console.models import CheckoutLock, Order
from console.web.api.access import (
    IDEMPOTENCY_KEY_HEADER,
    SESSION_ID_HEADER,
    find_lock,
    owner,
    read_header,
    require_claimed,
    session_id,
)
from console.web.api.calls import Call, Reply, route
from console.web.api.storefront.bodies import NewCheckout, Nothing, PaymentInput, Purchase, Resumption
from console.web.shared.order_view import answer_order
from console.web.shared.ownership import owns
from console.web.shared.resources import CheckoutAnswer, PendingAnswer, PurchaseAnswer
from console.web.shared.status_words import is_live, message_of

_ENDS = ("declined", "out_of_stock", "ended", "expired", "invalid_cart")
_PAYING_REFUSALS = (*_ENDS, "not_found", "invalid", "in_progress", "checkout_in_progress", "price_changed")
_PAID: dict[int, type[BaseModel]] = {200: PurchaseAnswer, 201: PurchaseAnswer, 202: PendingAnswer}


@route(
    "POST",
    "/carts/<row_id:cart_id>/checkout",
    Call(
        {200: CheckoutAnswer, 201: CheckoutAnswer},
        body=NewCheckout,
        is_body_required=False,
        refusals=(
            "not_found",
            "invalid",
            "invalid_cart",
            "cart_ordered",
            "cart_changed",
            "out_of_stock",
            "checkout_in_progress",
        ),
        headers=(SESSION_ID_HEADER,),
        limit="start",
    ),
)
def start_checkout(cart_id: int, body: NewCheckout) -> Reply:
    """Hold a cart for a checkout: 201 for a new one, 200 for the one this session already has on it."""
    require_claimed(cart_id)
    own = owner()
    lock, is_new = start_or_join(
        db.session(),
        cart_id,
        session_id=session_id(is_needed=True),
        ttl_minutes=body.ttl_minutes,
        token_hash=own.token_hash,
        cart_revision=body.cart_revision,
    )
    return Reply(answer_checkout(lock), 201 if is_new else 200, {"Location": f"/api/v1/checkouts/{lock.id}"})


@route(
    "GET",
    "/checkouts/<row_id:lock_id>",
    Call({200: CheckoutAnswer}, refusals=("not_found", "invalid"), headers=(SESSION_ID_HEADER,)),
)
def show_checkout(lock_id: int) -> CheckoutAnswer:
    """Show a checkout."""
    row = look(db.session(), lambda reader: _read(reader, lock_id))
    return answer_checkout(row, is_due=row.is_due)


@route(
    "POST",
    "/checkouts/<row_id:lock_id>/process",
    Call(
        _PAID,
        body=Purchase,
        refusals=(*_PAYING_REFUSALS, "idempotency_conflict"),
        headers=(SESSION_ID_HEADER, IDEMPOTENCY_KEY_HEADER),
        limit="process",
    ),
)
def process_checkout(lock_id: int, body: Purchase) -> Reply:
    """Pay a checkout: 201 with the order, 200 when that was done already, 202 while the payment is not decided."""
    device, key = session_id(is_needed=True), read_header(IDEMPOTENCY_KEY_HEADER)
    lock = find_lock(lock_id)
    payment = _payment(body.payment)
    try:
        order = process(
            db.session(),
            lock,
            payment=payment,
            idempotency_key=key,
            session_id=device,
            expected_total=body.expected_total,
        )
    except PaymentPending as pending:
        return _pending(lock, pending)
    return _bought(lock, order)


@route(
    "POST",
    "/checkouts/<row_id:lock_id>/resume",
    Call(
        _PAID,
        body=Resumption,
        is_body_required=False,
        refusals=_PAYING_REFUSALS,
        headers=(SESSION_ID_HEADER,),
        limit="resume",
    ),
)
def resume_checkout(lock_id: int, body: Resumption) -> Reply:
    """Go on with a checkout that was interrupted or waits; it answers as process does."""
    device = session_id(is_needed=True)
    lock = find_lock(lock_id)
    payment = None if body.payment is None else _payment(body.payment)
    try:
        order = resume(db.session(), lock, payment=payment, session_id=device, expected_total=body.expected_total)
    except PaymentPending as pending:
        return _pending(lock, pending)
    return _bought(lock, order)


@route(
    "POST",
    "/checkouts/<row_id:lock_id>/cancel",
    Call(
        {200: CheckoutAnswer},
        body=Nothing,
        is_body_required=False,
        refusals=("not_found", "invalid", "not_allowed", "in_progress", "checkout_in_progress"),
        headers=(SESSION_ID_HEADER,),
    ),
)
def cancel_checkout(lock_id: int, body: Nothing) -> CheckoutAnswer:
    """Give a checkout up; the cart is free at once, the payment is given back."""
    device = session_id(is_needed=True)
    return answer_checkout(cancel(db.session(), find_lock(lock_id), session_id=device))


def answer_checkout(lock: Any, *, is_due: bool = False, is_waiting: bool = False) -> CheckoutAnswer:
    """Answer a checkout; `is_due` says that its time ran out and nobody has expired it yet.

    `is_waiting` says that its payment waits for the shopper.
    """
    return CheckoutAnswer(
        id=lock.id,
        reference=lock.reference,
        cart_id=lock.cart_id,
        state=lock.state,
        state_name=STATE_NAMES[State(lock.state)],
        phase=lock.phase,
        outcome=lock.outcome,
        locked_at=lock.locked_at,
        expires_at=lock.expires_at,
        completed_at=lock.completed_at,
        failed_at=lock.failed_at,
        can_resume=is_live(lock, is_due=is_due) and owns(lock, session_id=session_id()),
        message=message_of(lock, is_due=is_due, is_waiting=is_waiting),
    )


@checkout_completed.connect
def _note_completion(_sender: Any, *, lock_id: int, **_facts: Any) -> None:
    """Note that this very request completed a checkout: of all that wait for its end, one made the order."""
    if has_app_context():
        g.completed_lock_id = lock_id


def _bought(lock: CheckoutLock, order: Order) -> Reply:
    answer = PurchaseAnswer(order=answer_order(order), checkout=answer_checkout(lock))
    if g.get("completed_lock_id") != lock.id:
        return Reply(answer)
    return Reply(answer, 201, {"Location": f"/api/v1/orders/{order.number}"})


def _pending(lock: CheckoutLock, pending: PaymentPending) -> Reply:
    next_action = pending.context.get("next_action")
    checkout = answer_checkout(lock, is_waiting=next_action is not None)
    return Reply(PendingAnswer(checkout=checkout, next_action=next_action), 202)


def _payment(given: PaymentInput) -> Payment:
    return Payment(given.method, given.token)


def _read(reader: Reader, lock_id: int) -> Row[Any]:
    query = (
        select(locks, is_due().label("is_due"))
        .join(carts, carts.c.id == locks.c.cart_id)
        .where(locks.c.id == lock_id, owner().condition)
    )
    row = reader.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such checkout for this token.")
    return row
