"""What the shop says when something cannot be done: what happened, what became of the cart, what to do now."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from werkzeug import Response as AnyResponse
from werkzeug.exceptions import TooManyRequests

from console.engine.errors import CartLocked, CheckoutError, CheckoutInProgress, DatabaseTrouble, Ended
from console.engine.store.database import look
from console.engine.store.tables import variants
from console.extensions import db
from console.web.shared.errors import RETRY_AFTER_SECONDS, STATUSES, answer_refusal, word_refusal
from console.web.storefront.cart import facts_of
from console.web.storefront.pages import blueprint, page
from console.web.storefront.shopper import read_cart

TITLES = {
    "not_found": "Not found",
    "declined": "The payment was declined",
    "out_of_stock": "Not enough in stock",
    "expired": "The time ran out",
    "ended": "This checkout is over",
    "invalid_cart": "This cart cannot be bought as it is",
    "in_progress": "One moment, please",
    "not_allowed": "It is too late for that",
    "cart_ordered": "This cart was bought already",
}
# The engine's own words on these are for those who look after the checkout.
TEXTS = {
    "declined": "The payment provider said no. Try another card, or another way to pay.",
    "expired": "This checkout was not finished in time, so we let go of what it held.",
}
TOO_OFTEN = "Only a few tries a minute are allowed. Your cart is as it was: wait a minute, then try again."
TOO_OLD = "This page was open for too long, or cookies are switched off. Open it again, and send it once more."


@dataclass(frozen=True)
class Shortage:
    """A line that could not be had."""

    sku: str
    name: str
    requested: int
    available: int


@blueprint.errorhandler(CheckoutError)
def explain(error: CheckoutError) -> Response:
    """Explain what the engine refused."""
    if isinstance(error, DatabaseTrouble):
        return answer_refusal(error)  # a page that stands alone: the shop's own would ask the database again
    is_cart_intact = isinstance(error, Ended)
    head = read_cart() if is_cart_intact else None
    response = page(
        "refused.html",
        status=STATUSES[error.code],
        title=TITLES.get(error.code, "That did not work"),
        text=TEXTS.get(error.code, word_refusal(error)),
        shortages=_shortages(error),
        is_cart_intact=is_cart_intact,
        reference=head.reference if head else None,
    )
    if error.code in RETRY_AFTER_SECONDS:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS[error.code])
    return response


def _shortages(error: CheckoutError) -> list[Shortage]:
    """List the lines that are short, by the products' names."""
    short: list[dict[str, Any]] = error.context.get("shortages", [])
    if not short:
        return []
    query = select(variants.c.sku, variants.c.name).where(variants.c.sku.in_([each["sku"] for each in short]))
    names = dict(look(db.session(), lambda reader: reader.execute(query).tuples().all()))
    return [Shortage(each["sku"], names[each["sku"]], each["requested"], each["available"]) for each in short]


@blueprint.errorhandler(CartLocked)
@blueprint.errorhandler(CheckoutInProgress)
def explain_hold(error: CheckoutError) -> Response:
    """Explain politely that the cart is being bought, here or elsewhere."""
    head = read_cart()
    if head is None:
        return explain(error)
    return page("held.html", status=STATUSES[error.code], **facts_of(head))


@blueprint.errorhandler(TooManyRequests)
def explain_limit(_error: TooManyRequests) -> AnyResponse:
    """Explain that somebody tried too often.

    Who comes back from their bank has done nothing wrong: they see how the payment goes, and its end comes by webhook.
    """
    if request.endpoint == "storefront.return_from_payment":
        return redirect(url_for(".show_checkout"), HTTPStatus.SEE_OTHER)
    return _refuse(HTTPStatus.TOO_MANY_REQUESTS, "Too many tries", TOO_OFTEN)


@blueprint.errorhandler(CSRFError)
def explain_age(_error: CSRFError) -> Response:
    """Explain that a page's token has run out."""
    return _refuse(HTTPStatus.BAD_REQUEST, "This page is too old", TOO_OLD)


def _refuse(status: HTTPStatus, title: str, text: str) -> Response:
    return page("refused.html", status=status, title=title, text=text, shortages=[], is_cart_intact=False)
