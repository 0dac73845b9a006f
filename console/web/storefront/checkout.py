"""The checkout's pages: details, then payment. GET shows and starts nothing; every POST redirects, refused ones too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from sqlalchemy import Row
from werkzeug import Response

from console.engine import Payment, cancel, process, resume
from console.engine.cart.changes import change_details
from console.engine.driving.idempotency import wait_for_end
from console.engine.driving.start import start_or_join
from console.engine.errors import (
    CartLocked,
    CheckoutInProgress,
    Ended,
    InProgress,
    InvalidCart,
    PaymentPending,
    PriceChanged,
)
from console.engine.machine import ENDED, UNPAID, State
from console.extensions import db
from console.models import CheckoutLock, Order
from console.models.vocabulary import CartStatus
from console.web.shared.cart_protection import get_status
from console.web.shared.cart_view import is_locked, view_cart
from console.web.shared.links import path_if_ours
from console.web.shared.ownership import LONGEST_KEY, owns
from console.web.shared.rate_limiting import Attempt, limited
from console.web.storefront.address_parts import address_rules
from console.web.storefront.cart import facts_of
from console.web.storefront.drafts import DETAILS, PAYMENT, asked_call, find_draft, keep_draft
from console.web.storefront.forms import DetailsForm, PaymentForm
from console.web.storefront.pages import blueprint, page
from console.web.storefront.payment import is_sandbox
from console.web.storefront.redirects import refuse, to_cart, to_checkout, to_last_order, to_order, to_result
from console.web.storefront.shopper import (
    device_id,
    find_last_lock,
    find_order_number,
    load_cart,
    load_lock,
    read_cart,
)
from console.web.storefront.shown_prices import changes_since_shown, forget_shown, note_shown, write_prices

MOST_DIGITS = 18
NOTHING_TO_BUY = "Put something into your cart first."
OVER = "That checkout was over already."


@blueprint.get("/checkout")
def show_checkout() -> Response:
    """Show the step the checkout is at: details, payment, or how it goes; one that was bought leads to its order."""
    head = read_cart()
    if head is None:
        return to_last_order() or to_cart(NOTHING_TO_BUY)
    if number := find_order_number(head.id) if head.status == CartStatus.ORDERED else None:
        return to_order(number, cart_id=head.id)
    if not head.has_lines:
        return to_cart(NOTHING_TO_BUY)
    if not is_locked(head):
        return details_page(head)
    if not owns(head, session_id=device_id()):
        raise CheckoutInProgress("This cart is being bought on another device.")
    return payment_page(head) if head.state in UNPAID else waiting_page(head)


@blueprint.get("/checkout/resume")
@blueprint.get("/checkout/cancel")
def lead_to_checkout() -> Response:
    """Lead whoever comes to the address of a form to the checkout."""
    return to_checkout()


def details_page(head: Row[Any]) -> Response:
    """Show the form for contact and addresses, as it was typed, with what spoke against it."""
    draft = find_draft(DETAILS)
    form = DetailsForm(draft.typed, cart=head)
    if draft.is_checked:
        form.validate()
    return page("details.html", form=form, reasons=draft.reasons, address_rules=address_rules(), **facts_of(head))


def payment_page(head: Row[Any]) -> Response:
    """Show the form for the payment, and what is another price than the page before showed."""
    facts, chosen = facts_of(head), find_draft(PAYMENT).fields
    cart = facts["cart"]
    shown = {"expected_total": cart.totals.total.amount, "shown": write_prices(cart)}
    form = PaymentForm(None, data={**chosen, **shown, "checkout": head.last_lock_id})
    changes = changes_since_shown(head.last_lock_id, cart)
    return page("payment.html", form=form, changes=changes, is_sandbox=is_sandbox(), **facts)


def waiting_page(head: Row[Any]) -> Response:
    """Show a payment that is not decided yet, and the way to the bank if it waits for the shopper."""
    next_url = path_if_ours(head.next_action["url"]) if head.next_action else None
    return page("waiting.html", next_url=next_url, is_waiting=head.is_waiting, **facts_of(head))


def attempt() -> Attempt:
    """Read which attempt a payment form makes."""
    key = request.form.get("key", "")
    return _named_lock(), key if len(key) <= LONGEST_KEY and key.isprintable() else None


def is_filled_in() -> bool:
    """Tell whether the form that is sent is filled in rightly: only then it is a try."""
    form = PaymentForm() if asked_call() == "process" else DetailsForm(request.form)
    return not asks_for_fields() and bool(form.validate())


def asks_for_fields() -> bool:
    """Tell whether the form is sent only to be shown again, with the fields of the country that was chosen."""
    return "show_fields" in request.form


def _named_lock() -> int | None:
    named = request.form.get("checkout", "")
    return int(named) if named.isdecimal() and named.isascii() and len(named) <= MOST_DIGITS else None


@blueprint.post("/checkout")
@limited(asked_call, attempt=attempt, is_try=is_filled_in)
def go_on() -> Response:
    """Take the details and start the checkout, or take the payment and process it."""
    return _pay() if asked_call() == "process" else _start()


def _start() -> Response:
    cart = load_cart()
    if cart is None:
        return to_last_order() or to_cart(NOTHING_TO_BUY)
    if asks_for_fields():
        keep_draft()
        return to_checkout()
    form = DetailsForm(request.form)
    if not form.validate():
        keep_draft(is_checked=True)
        return to_checkout()
    try:
        change_details(db.session(), cart, **form.changes())
        start_or_join(db.session(), cart.id, session_id=device_id())
    except CartLocked:
        if not get_status()["can_resume"]:
            raise
        # The same form was sent twice: the checkout is under way.
    except InvalidCart as refusal:
        keep_draft(reasons=[reason["message"] for reason in refusal.context["reasons"]])
    except Ended:  # stock is reserved at the start, and there was too little
        head = read_cart()
        return to_result(head.reference if head else None)
    return to_checkout()


def _pay() -> Response:
    lock = asked_lock()
    if lock is None:
        return to_last_order() or to_cart(OVER)
    form = PaymentForm()
    if not form.validate():
        return refuse(next(iter(form.errors.values()))[0])
    try:
        return answer(lock, lambda: _process(lock, form))
    except PriceChanged as change:
        _ask_anew(lock, change, told=form.shown.data)
        return to_checkout()


def _process(lock: CheckoutLock, form: PaymentForm) -> Order:
    order: Order = process(
        db.session(),
        lock,
        payment=Payment(form.method.data, form.token.data),
        idempotency_key=form.key.data or None,
        session_id=driver_of(lock),
        expected_total=form.expected_total.data,
    )
    return order


def _ask_anew(lock: CheckoutLock, change: PriceChanged, *, told: str) -> None:
    """Have the page ask for another payment, by the prices of now; nothing was charged."""
    head = read_cart()
    if head is not None and head.last_lock_id == lock.id:
        note_shown(lock.id, view_cart(db.session(), head, token=""), told=told, expected=change.context["expected"])
    keep_draft()


def asked_lock() -> CheckoutLock | None:
    """Find the checkout that a form names; without a name, the last one of the session's cart."""
    named = _named_lock()
    return find_last_lock() if named is None else load_lock(named)


def driver_of(lock: CheckoutLock) -> str | None:
    """Tell as whom this session goes on with a checkout; what has ended answers to anybody who has its cart."""
    return None if lock.state in ENDED else device_id()


def answer(lock: CheckoutLock, drive: Callable[[], Order]) -> Response:
    """Lead to how a drive of a checkout ends: its order, its refusal, or what is waited for.

    Raises:
        CheckoutError: whatever else the engine refuses; the shop's pages for refusals explain it.
    """
    try:
        order = drive()
    except (PaymentPending, InProgress):
        return to_checkout()
    except Ended:
        return to_result(lock.reference)
    forget_shown()
    return to_order(order.number, cart_id=lock.cart_id)


@blueprint.post("/checkout/resume")
@limited(lambda: "resume")
def resume_checkout() -> Response:
    """Ask again about a payment that is not decided yet."""
    lock = asked_lock()
    if lock is None:
        return to_last_order() or to_cart(OVER)
    if lock.state in UNPAID:
        return to_checkout()
    return answer(lock, lambda: resume_in_turn(lock, session_id=driver_of(lock)))


def resume_in_turn(lock: CheckoutLock, *, session_id: str | None) -> Order:
    """Go on, after whoever drives the checkout just now: the bank's webhook may be as fast as the shopper."""
    try:
        return resume(db.session(), lock, session_id=session_id)
    except InProgress:
        wait_for_end(db.session(), lock.id)
        return resume(db.session(), lock, session_id=session_id)


@blueprint.post("/checkout/cancel")
def cancel_checkout() -> Response:
    """Give the checkout up; the cart is free at once. One that was bought meanwhile leads to its order.

    Raises:
        CheckoutInProgress: when another session owns it.
        NotAllowed: when the payment is being taken.
    """
    lock = asked_lock()
    if lock is None:
        return to_last_order() or to_cart(OVER)
    if lock.state == State.COMPLETED:
        return answer(lock, lambda: resume(db.session(), lock))
    if lock.outcome is not None:
        return to_cart(OVER)
    cancel(db.session(), lock, session_id=device_id())
    return to_cart("The checkout is cancelled; your cart is as it was.")
