"""What the shop says when something cannot be done: a form leads back to its page, which says why; a page explains."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug import Response as AnyResponse
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests

from console.csrf import FORGED, OLD
from console.engine.errors import CartLocked, CartOrdered, CheckoutError, CheckoutInProgress, DatabaseTrouble
from console.engine.store.database import trouble_with
from console.telemetry.requests import request_id
from console.web.shared.errors import (
    DATABASE_ERRORS,
    DEFECT,
    STATUSES,
    answer_database_error,
    answer_http_error,
    answer_refusal,
    word_refusal,
)
from console.web.storefront.cart import facts_of
from console.web.storefront.pages import blueprint, page
from console.web.storefront.payment_return import show_without_asking
from console.web.storefront.redirects import refuse, see, to_checkout, to_form
from console.web.storefront.shopper import read_cart

TITLES = {"not_found": "Not found"}
# The engine's own words on these are for those who look after the checkout, or for programs.
TEXTS = {
    "idempotency_conflict": "This payment was sent before in another way; below is how it stands.",
    "in_progress": "One moment, please: it is being worked on just now. Below is how it stands.",
    "cart_locked": "This was not done: the cart is being bought just now.",
    "checkout_in_progress": "This was not done: the cart is being bought elsewhere just now.",
    "database_unavailable": "Our database was out of reach for a moment. See how it stands before you press again.",
    "database_slow": "Our database is too busy just now. See how it stands before you press again.",
}
TOO_OFTEN = "Only a few tries a minute are allowed, so nothing was done. Wait a minute, then press again."
TOO_OLD = "This page was open for more than an hour, so nothing was done. Look it over, then press again: now it works."


@blueprint.errorhandler(CheckoutError)
def explain(error: CheckoutError) -> AnyResponse:
    """Explain what the engine refused: on the page of the form that was sent, or on one of its own."""
    text = TEXTS.get(error.code, word_refusal(error))
    if request.method == "POST":
        return refuse(text)
    if isinstance(error, DatabaseTrouble):
        return answer_refusal(error)  # a page that stands alone: the shop's own would ask the database again
    return page(
        "refused.html", status=STATUSES[error.code], title=TITLES.get(error.code, "That did not work"), text=text
    )


@blueprint.errorhandler(CartOrdered)
def lead_to_order(_error: CartOrdered) -> AnyResponse:
    """Lead whoever would change or buy a cart that was bought to its order."""
    return to_checkout()


@blueprint.errorhandler(CartLocked)
@blueprint.errorhandler(CheckoutInProgress)
def explain_hold(error: CheckoutError) -> AnyResponse:
    """Explain politely that the cart is being bought, here or elsewhere."""
    head = read_cart()
    if head is None or request.method == "POST":
        return explain(error)
    return page("held.html", status=STATUSES[error.code], **facts_of(head))


@blueprint.errorhandler(TooManyRequests)
def explain_limit(_error: TooManyRequests) -> AnyResponse:
    """Explain that somebody tried too often.

    Who comes back from their bank has done nothing wrong: they see how the payment goes, and its end comes by webhook.
    """
    return refuse(TOO_OFTEN) if request.method == "POST" else show_without_asking()


@blueprint.errorhandler(CSRFError)
def explain_doubt(error: CSRFError) -> AnyResponse:
    """Lead whoever sent a form that is not believed to its page; an old one of this visit is shown as it was typed."""
    why = getattr(error, "why", FORGED)
    if why == OLD:
        return refuse(TOO_OLD)
    return to_form(refused=why)


@blueprint.errorhandler(RequestEntityTooLarge)
def explain_size(_error: RequestEntityTooLarge) -> AnyResponse:
    """Lead whoever sends more than a form of ours can hold to the cart; nothing of it is read, not even its token."""
    return see(url_for(".show_cart", refused=FORGED))


@blueprint.errorhandler(HTTPException)
def explain_http_error(error: HTTPException) -> AnyResponse:
    """Explain what HTTP refuses, defects of ours too."""
    if request.method != "POST":
        return answer_http_error(error)
    if error.code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return refuse(f"{DEFECT} It is {request_id()}.")
    return refuse(error.description or error.name)


def explain_outage(error: Exception) -> Response | AnyResponse:
    """Explain that the database is out of reach or too slow, where the engine did not say so itself."""
    return refuse(TEXTS[trouble_with(error).code]) if request.method == "POST" else answer_database_error(error)


for each in DATABASE_ERRORS:
    blueprint.register_error_handler(each, explain_outage)
