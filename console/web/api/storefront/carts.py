"""Carts: made, shown and changed by whoever has their token."""

from __future__ import annotations

from typing import Any

from console.engine import Addresses, LineRequest
from console.engine.cart.carts import CartParts, as_contents, new_token
from console.engine.cart.changes import change_details
from console.engine.cart.claims import claim_cart
from console.engine.cart.creation import create_callers_cart
from console.extensions import db
from console.web.api.access import find_cart, owner, require_claimed, require_shop
from console.web.api.calls import Call, Reply, route
from console.web.api.storefront.bodies import Address, CartChange, NewCart
from console.web.shared.cart_view import read_head, view_cart, view_new_cart
from console.web.shared.resources import CartAnswer

CHANGE_REFUSALS = ("not_found", "invalid", "cart_locked", "cart_ordered")


@route(
    "POST",
    "/carts",
    Call(
        {200: CartAnswer, 201: CartAnswer},
        body=NewCart,
        refusals=("invalid", "cart_ordered", "checkout_in_progress"),
        is_public=True,
        is_for_shops=True,
    ),
)
def make_cart(body: NewCart) -> Reply:
    """Make a cart; its token reaches it from now on. With a `shop_reference` it is the one cart of that number.

    For that the shop's own token is needed, an API token of the role shop. Claimed anew, the cart holds what is sent
    now: 200; while it is being bought, only what it holds already can be claimed.
    """
    if body.shop_reference is not None:
        return _claim(body.shop_reference, body)
    session = db.session()
    answer = create_callers_cart(
        session,
        lambda cart, token: view_new_cart(session, cart, token=token),
        caller_reference=body.external_reference,
        **_parts(body),
    )
    return Reply(answer, 201, _location(answer))


def _claim(shop_reference: str, body: NewCart) -> Reply:
    require_shop()
    session, token = db.session(), new_token()
    parts: CartParts = {**_parts(body), "external_reference": body.external_reference}
    wanted = as_contents(session, **parts)
    claim = claim_cart(session, shop_reference, wanted, token=token)
    head = read_head(session, claim.cart.id, token_hash=None)
    answer = view_cart(session, head, token=token if claim.is_new else None)
    return Reply(answer, 201 if claim.is_new else 200, _location(answer))


def _parts(body: NewCart) -> CartParts:
    return {
        "lines": [LineRequest(line.sku, line.quantity) for line in body.lines],
        "email": body.email,
        "addresses": Addresses(stored_address(body.shipping_address), stored_address(body.billing_address)),
        "currency": body.currency,
        "coupon_code": body.coupon,
    }


def _location(answer: CartAnswer) -> dict[str, str]:
    return {"Location": f"/api/v1/carts/{answer.id}"}


@route("GET", "/carts/<row_id:cart_id>", Call({200: CartAnswer}, refusals=("not_found",)))
def show_cart(cart_id: int) -> CartAnswer:
    """Show a cart."""
    return answer_cart(cart_id)


@route("PATCH", "/carts/<row_id:cart_id>", Call({200: CartAnswer}, body=CartChange, refusals=CHANGE_REFUSALS))
def change_cart(cart_id: int, body: CartChange) -> CartAnswer:
    """Change a cart's e-mail, addresses, coupon or currency."""
    change_details(db.session(), find_cart(cart_id), **_details(body))
    return answer_cart(cart_id)


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


def answer_cart(cart_id: int) -> CartAnswer:
    """Answer the owner's cart as it is now.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    require_claimed(cart_id)
    session, own = db.session(), owner()
    head = read_head(session, cart_id, token_hash=own.token_hash)
    return view_cart(session, head, token=own.token if own.shop is None else None)
