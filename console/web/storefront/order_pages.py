"""A shopper's orders."""

from __future__ import annotations

from flask import Response

from console.web.shared.order_view import answer_order
from console.web.storefront.pages import blueprint, page
from console.web.storefront.shopper import load_order


@blueprint.get("/orders/<text:number>")
def show_order(number: str) -> Response:
    """Show an order of this session's."""
    return page("order.html", order=answer_order(load_order(number)))
