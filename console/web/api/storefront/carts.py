"""Carts: made, shown and changed by whoever has their token."""

from __future__ import annotations

from typing import Any

from console.engine import Addresses, LineRequest
from console.engine.cart.carts import create_owned_cart, hash_token
from console.engine.cart.changes import change_details
from console.extensions import db
from console.web.api.access import cart_token, find_cart
from console.web.api.calls import Call, Reply, route
from console.web.api.storefront.bodies import Address, CartChange, NewCart
from console.web.shared.cart_view import read_head, view_cart, view_new_cart
from console.web.shared.resources import CartAnswer

CHANGE_REFUSALS = ("not_found", "invalid", "cart_locked", "cart_ordered")


@route("POST", "/carts", Call({201: CartAnswer}, body=NewCart, refusals=("invalid",), is_public=True))
def make_cart(body: NewCart) -> Reply:
    """Make a cart; its token reaches it from now on."""
    session = db.session()
    answer = create_owned_cart(
        session,
        lambda cart, token: view_new_cart(session, cart, token=token),
        lines=[LineRequest(line.sku, line.quantity) for line in body.lines],
        email=body.email,
        addresses=Addresses(stored_address(body.shipping_address), stored_address(body.billing_address)),
        currency=body.currency,
        coupon_code=body.coupon,
        external_reference=body.external_reference,
    )
    return Reply(answer, 201, {"Location": f"/api/v1/carts/{answer.id}"})


@route("GET", "/carts/<row_id:cart_id>", Call({200: CartAnswer}, refusals=("not_found",)))
def show_cart(cart_id: int) -> CartAnswer:
    """Show a cart."""
    return answer_cart(cart_id, token=cart_token())


@route("PATCH", "/carts/<row_id:cart_id>", Call({200: CartAnswer}, body=CartChange, refusals=CHANGE_REFUSALS))
def change_cart(cart_id: int, body: CartChange) -> CartAnswer:
    """Change a cart's e-mail, addresses, coupon or currency."""
    change_details(db.session(), find_cart(cart_id), **_details(body))
    return answer_cart(cart_id, token=cart_token())


def _details(body: CartChange) -> dict[str, Any]:
    """Pick out the fields that were given, as the engine names them."""
    given: dict[str, Any] = {
        "currency": body.currency,
        "email": body.email,
        "coupon": body.coupon,
        "shipping_address": stored_address(body.shipping_address),
        "billing_address": stored_address(body.billing_address),
    }
    names = {"coupon": "coupon_code"}
    return {names.get(name, name): given[name] for name in given if name in body.model_fields_set}


def stored_address(address: Address | None) -> dict[str, Any] | None:
    """Give an address as carts keep it."""
    return None if address is None else address.model_dump(exclude_none=True)


def answer_cart(cart_id: int, *, token: str) -> CartAnswer:
    """Answer a token's cart as it is now.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    session = db.session()
    head = read_head(session, cart_id, token_hash=hash_token(token))
    return view_cart(session, head, token=token)
