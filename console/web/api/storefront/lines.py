"""The lines of a cart, each known by its SKU."""

from __future__ import annotations

from console.engine.cart.changes import add_line, remove_line, set_quantity
from console.extensions import db
from console.web.api.access import find_cart
from console.web.api.calls import Call, route
from console.web.api.storefront.bodies import LineQuantity, NewLine
from console.web.api.storefront.carts import CHANGE_REFUSALS, answer_cart
from console.web.shared.resources import CartAnswer

_LINE = "/carts/<row_id:cart_id>/lines/<text:sku>"


@route("POST", "/carts/<row_id:cart_id>/lines", Call({200: CartAnswer}, body=NewLine, refusals=CHANGE_REFUSALS))
def put_line(cart_id: int, body: NewLine) -> CartAnswer:
    """Put pieces of a product into a cart, on top of those it has."""
    add_line(db.session(), find_cart(cart_id), sku=body.sku, quantity=body.quantity)
    return answer_cart(
        cart_id,
    )


@route("PATCH", _LINE, Call({200: CartAnswer}, body=LineQuantity, refusals=CHANGE_REFUSALS))
def change_line(cart_id: int, sku: str, body: LineQuantity) -> CartAnswer:
    """Set how many pieces of a product a cart has."""
    set_quantity(db.session(), find_cart(cart_id), sku=sku, quantity=body.quantity)
    return answer_cart(
        cart_id,
    )


@route("DELETE", _LINE, Call({200: CartAnswer}, refusals=("not_found", "cart_locked", "cart_ordered")))
def drop_line(cart_id: int, sku: str) -> CartAnswer:
    """Take a product out of a cart."""
    remove_line(db.session(), find_cart(cart_id), sku=sku)
    return answer_cart(
        cart_id,
    )
