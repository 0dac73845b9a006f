"""The way back from the bank, in whatever browser and by whatever method, and how a checkout stands or ended."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from flask import current_app, request, url_for
from werkzeug import Response

from console.engine.driving.locks import read_lock
from console.engine.errors import CheckoutError, Ended, InProgress, PaymentPending
from console.engine.machine import UNPAID
from console.engine.record.answers import answer_of
from console.engine.store.database import look
from console.extensions import csrf, db
from console.models import CheckoutLock, Order
from console.return_address import read_reference
from console.web.shared.rate_limiting import limited
from console.web.shared.resources import Money
from console.web.storefront.checkout import resume_in_turn
from console.web.storefront.ended_page import ended_page, words_on
from console.web.storefront.pages import blueprint, page
from console.web.storefront.redirects import see, signed, to_checkout, to_last_order, to_order, to_result
from console.web.storefront.shopper import find_last_lock, find_lock, find_order_number, is_own


@blueprint.post("/checkout/return")
@csrf.exempt
def return_by_post() -> Response:
    """Take in whom the bank sends back by a form: it is the bank's own, and nothing in it is read."""
    return see(url_for(".return_from_payment", checkout=request.args.get("checkout")))


@blueprint.get("/checkout/return")
@limited(lambda: "resume")
def return_from_payment() -> Response:
    """Ask the gateway how the payment went from which somebody comes back, then show it; to a reload the same."""
    lock = _returning_lock()
    if lock is None:
        return to_last_order() or to_result(None)
    if lock.state not in UNPAID:
        with suppress(PaymentPending, Ended, InProgress):
            resume_in_turn(lock, session_id=None)  # the address is proof enough
    return _lead_on(lock) or to_result(lock.reference)


def show_without_asking() -> Response:
    """Show how the payment stands to somebody who came back too often: they have done nothing wrong."""
    lock = _returning_lock()
    return to_result(None if lock is None else lock.reference)


@blueprint.get("/checkout/result")
def show_result() -> Response:
    """Say how a checkout stands or ended: all of it to the browser it belongs to, the outcome alone to any other."""
    lock = _signed_lock()
    if lock is None:
        return page("result_unknown.html", status=HTTPStatus.NOT_FOUND)
    if (elsewhere := _lead_on(lock)) is not None:
        return elsewhere
    end = _end_of(lock)
    if isinstance(end, Ended) and is_own(lock.cart_id):
        return ended_page(end, reference=lock.reference)
    return _foreign_page(lock, end)


def _foreign_page(lock: CheckoutLock, end: Order | CheckoutError) -> Response:
    """Say how somebody's checkout stands, and nothing of who bought what."""
    order = end if isinstance(end, Order) else None
    return page(
        "result.html",
        reference=lock.reference,
        again_url=url_for(".return_from_payment", checkout=signed(lock.reference)),
        order=order,
        total=order and Money(amount=order.total, currency=order.currency),
        ending=end if isinstance(end, Ended) else None,
        words=words_on(end) if isinstance(end, Ended) else None,
        is_unpaid=lock.state in UNPAID,
    )


def _lead_on(lock: CheckoutLock) -> Response | None:
    """Lead the browser that a checkout belongs to to its order, or its step; None to any other, and at its end."""
    if not is_own(lock.cart_id):
        return None
    if number := find_order_number(lock.cart_id):
        return to_order(number, cart_id=lock.cart_id)
    return to_checkout() if lock.outcome is None else None


def _end_of(lock: CheckoutLock) -> Order | CheckoutError:
    """Read how a checkout ended: its order, or why there is none, yet or for good."""
    row = look(db.session(), lambda reader: read_lock(reader, lock.id))
    try:
        return answer_of(db.session(), lock, row)
    except CheckoutError as end:
        return end


def _returning_lock() -> CheckoutLock | None:
    """Find the checkout that somebody comes back to: the one that is named, else the last one of the session's cart."""
    return _signed_lock() or find_last_lock()


def _signed_lock() -> CheckoutLock | None:
    secret_key = str(current_app.config["SECRET_KEY"])
    reference = read_reference(request.args.get("checkout", ""), secret_key=secret_key)
    return None if reference is None else find_lock(reference)
