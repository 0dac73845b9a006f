"""What a shopper is told of a checkout that ended without an order: what happened, what became of the cart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response
from sqlalchemy import select

from console.engine.errors import CheckoutError, Ended
from console.engine.store.database import look
from console.engine.store.tables import variants
from console.extensions import db
from console.web.shared.errors import word_refusal
from console.web.storefront.pages import page

TITLES = {
    "declined": "The payment was declined",
    "out_of_stock": "Not enough in stock",
    "expired": "The time ran out",
    "ended": "This checkout is over",
    "invalid_cart": "This cart cannot be bought as it is",
}
# The engine's own words on these are for those who look after the checkout.
TEXTS = {
    "declined": "The payment provider said no. Try another card, or another way to pay.",
    "expired": "This checkout was not finished in time, so we let go of what it held.",
}


@dataclass(frozen=True)
class Words:
    """What is said of a refusal."""

    title: str
    text: str


@dataclass(frozen=True)
class Shortage:
    """A line that could not be had."""

    sku: str
    name: str
    requested: int
    available: int


def words_on(end: CheckoutError) -> Words:
    """Say what a checkout ended by."""
    return Words(TITLES[end.code], TEXTS.get(end.code, word_refusal(end)))


def ended_page(end: Ended, *, reference: str) -> Response:
    """Show how the shopper's own checkout ended, and the ways on."""
    return page("ended.html", words=words_on(end), shortages=_shortages(end), reference=reference)


def _shortages(error: CheckoutError) -> list[Shortage]:
    """List the lines that are short, by the products' names."""
    short: list[dict[str, Any]] = error.context.get("shortages", [])
    if not short:
        return []
    query = select(variants.c.sku, variants.c.name).where(variants.c.sku.in_([each["sku"] for each in short]))
    names = dict(look(db.session(), lambda reader: reader.execute(query).tuples().all()))
    return [Shortage(each["sku"], names[each["sku"]], each["requested"], each["available"]) for each in short]
