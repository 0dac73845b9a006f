"""The checkout's pages: details, then payment. GET shows and starts nothing; every POST that worked redirects."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from sqlalchemy import Row
from werkzeug import Response

from console.engine import Payment, cancel, process, resume
from console.engine.cart.changes import change_details
from console.engine.driving.idempotency import wait_for_end
from console.engine.driving.start import start_or_join
from console.engine.errors import CartLocked, CheckoutInProgress, InProgress, InvalidCart, PaymentPending
from console.engine.machine import UNPAID
from console.extensions import db
from console.models import CheckoutLock, Order
from console.models.vocabulary import CartStatus
from console.web.shared.cart_protection import get_active_lock, get_status
from console.web.shared.cart_view import is_locked
from console.web.shared.limits import Attempt, limited
from console.web.shared.links import path_if_ours
from console.web.shared.ownership import LONGEST_KEY, owns
from console.web.storefront.cart import SEE_OTHER, facts_of
from console.web.storefront.forms import DetailsForm, HeldForm, PaymentForm
from console.web.storefront.pages import blueprint, page
from console.web.storefront.payment import is_sandbox
from console.web.storefront.shopper import (
    device_id,
    find_order_number,
    load_cart,
    load_lock,
    put_away_cart,
    read_cart,
)

MOST_DIGITS = 18
NOTHING_TO_BUY = "Put something into your cart first."
OVER = "That checkout was over already."


@blueprint.get("/checkout")
def show_checkout() -> Response:
    """Show the step the checkout is at: details, payment, or how it goes."""
    head = read_cart()
    if head is None or not head.has_lines:
        return _to_cart(NOTHING_TO_BUY)
    if head.status == CartStatus.ORDERED:
        return _to_order(find_order_number(head.last_lock_id), cart_id=head.id)
    if not is_locked(head):
        return details_page(head, DetailsForm(head))
    if not owns(head, session_id=device_id()):
        raise CheckoutInProgress("This cart is being bought on another device.")
    if head.state in UNPAID:
        return payment_page(head, PaymentForm(checkout=head.last_lock_id))
    return waiting_page(head)


def details_page(head: Row[Any], form: DetailsForm, *, status: int = 200, reasons: Any = ()) -> Response:
    """Show the form for contact and addresses; `reasons` speak against buying the cart as it is."""
    return page("details.html", status=status, form=form, reasons=reasons, **facts_of(head))


def payment_page(head: Row[Any], form: PaymentForm, *, status: int = 200) -> Response:
    """Show the form for the payment."""
    return page("payment.html", status=status, form=form, is_sandbox=is_sandbox(), **facts_of(head))


def waiting_page(head: Row[Any], *, status: int = 200) -> Response:
    """Show a payment that is not decided yet, and the way to the bank if it waits for the shopper."""
    next_url = path_if_ours(head.next_action["url"]) if head.next_action else None
    is_waiting = head.is_waiting
    return page("waiting.html", status=status, next_url=next_url, is_waiting=is_waiting, **facts_of(head))


def asked_call() -> str:
    """Tell which call of the checkout a form makes: one with a payment processes, one with details starts."""
    return "process" if "token" in request.form else "start"


def attempt() -> Attempt:
    """Read which attempt a payment form makes."""
    key = request.form.get("key", "")
    return _named_lock(), key if len(key) <= LONGEST_KEY and key.isprintable() else None


def _named_lock() -> int | None:
    named = request.form.get("checkout", "")
    return int(named) if named.isdecimal() and named.isascii() and len(named) <= MOST_DIGITS else None


@blueprint.post("/checkout")
@limited(asked_call, attempt=attempt)
def go_on() -> Response:
    """Take the details and start the checkout, or take the payment and process it."""
    return _pay() if asked_call() == "process" else _start()


def _start() -> Response:
    cart, head = load_cart(), read_cart()
    if cart is None or head is None:
        return _to_cart(NOTHING_TO_BUY)
    form = DetailsForm(head)
    if not form.validate():
        return details_page(head, form, status=422)
    try:
        change_details(db.session(), cart, **form.changes())
        start_or_join(db.session(), cart.id, session_id=device_id())
    except CartLocked:
        if not get_status()["can_resume"]:
            raise
        # The same form was sent twice: the checkout is under way.
    except InvalidCart as refusal:
        return details_page(head, form, status=422, reasons=refusal.context["reasons"])
    return redirect(url_for(".show_checkout"), SEE_OTHER)


def _pay() -> Response:
    lock = _asked_lock()
    if lock is None:
        return _to_cart(OVER)
    form = PaymentForm()
    if not form.validate():
        head = read_cart()
        return _to_cart(OVER) if head is None else payment_page(head, form, status=422)
    payment = Payment(form.method.data, form.token.data)
    key = form.key.data or None
    return _answer(
        lock, lambda: process(db.session(), lock, payment=payment, idempotency_key=key, session_id=device_id())
    )


def _asked_lock() -> CheckoutLock | None:
    """Find the checkout that a form names; without a name, the one that holds the cart."""
    named = _named_lock()
    return get_active_lock() if named is None else load_lock(named)


def _answer(lock: CheckoutLock, drive: Any) -> Response:
    """Answer by how a drive of a checkout ends: the order, or that it is not decided yet.

    Raises:
        CheckoutError: whatever else the engine refuses; the shop's pages for refusals explain it.
    """
    try:
        order: Order = drive()
    except PaymentPending:
        head = read_cart()
        assert head is not None, "its checkout was found by this cart"
        return waiting_page(head, status=202)
    return _to_order(order.number, cart_id=lock.cart_id)


@blueprint.post("/checkout/resume")
@limited(lambda: "resume")
def resume_checkout() -> Response:
    """Ask again about a payment that is not decided yet."""
    return _resume(get_active_lock() if HeldForm().validate() else None)


@blueprint.get("/checkout/return")
@limited(lambda: "resume")
def return_from_payment() -> Response:
    """Go on where the shopper comes back from the payment's own pages."""
    head = read_cart()
    return _resume(None if head is None or head.last_lock_id is None else load_lock(head.last_lock_id))


def _resume(lock: CheckoutLock | None) -> Response:
    if lock is None:
        return _to_cart(OVER)
    if lock.state in UNPAID:
        return redirect(url_for(".show_checkout"), SEE_OTHER)
    return _answer(lock, lambda: _resume_in_turn(lock))


def _resume_in_turn(lock: CheckoutLock) -> Order:
    """Go on, after whoever drives the checkout just now: the bank's webhook may be as fast as the shopper."""
    try:
        return resume(db.session(), lock, session_id=device_id())
    except InProgress:
        wait_for_end(db.session(), lock.id)
        return resume(db.session(), lock, session_id=device_id())


@blueprint.post("/checkout/cancel")
def cancel_checkout() -> Response:
    """Give the checkout up; the cart is free at once.

    Raises:
        CheckoutInProgress: when another session owns it.
        NotAllowed: when the payment is being taken.
    """
    lock = get_active_lock()
    if lock is None or (owns(lock, session_id=device_id()) and not HeldForm().validate()):
        return _to_cart(OVER)
    cancel(db.session(), lock, session_id=device_id())
    return _to_cart("The checkout is cancelled; your cart is as it was.")


def _to_cart(message: str) -> Response:
    flash(message)
    return redirect(url_for(".show_cart"), SEE_OTHER)


def _to_order(number: str, *, cart_id: int) -> Response:
    put_away_cart(cart_id)
    return redirect(url_for(".show_order", number=number), SEE_OTHER)
