"""Where a form leads: each POST of the shop ends in one of these, so that no reload sends it again."""

from __future__ import annotations

from http import HTTPStatus

from flask import current_app, flash, redirect, request, url_for
from werkzeug import Response

from console.csrf import NO_VISIT
from console.models.text import is_text
from console.return_address import sign_reference
from console.web.storefront.drafts import BAD, keep_draft
from console.web.storefront.shopper import find_last_order, put_away_cart

LONGEST_SKU = 64


def see(address: str) -> Response:
    """Lead to a page of the shop."""
    return redirect(address, HTTPStatus.SEE_OTHER)


def to_cart(message: str | None = None) -> Response:
    """Lead to the cart, with a message if there is one."""
    if message:
        flash(message)
    return see(url_for("storefront.show_cart"))


def to_checkout() -> Response:
    """Lead to the step that the checkout is at."""
    return see(url_for("storefront.show_checkout"))


def to_order(number: str, *, cart_id: int) -> Response:
    """Lead to an order, whose cart has done its service."""
    put_away_cart(cart_id)
    return see(url_for("storefront.show_order", number=number))


def to_last_order() -> Response | None:
    """Lead a browser without a cart to the order that it made last; None when it made none."""
    number = find_last_order()
    return None if number is None else see(url_for("storefront.show_order", number=number))


def to_result(reference: str | None) -> Response:
    """Lead to the page that says how a checkout stands or ended; without a reference, to what it says of none."""
    return see(url_for("storefront.show_result", checkout=signed(reference) if reference else None))


def signed(reference: str) -> str:
    """Sign a checkout's reference, for an address of the shop."""
    return sign_reference(reference, secret_key=str(current_app.config["SECRET_KEY"]))


def to_form(*, refused: str | None = None) -> Response:
    """Lead back to the page whose form was sent; its address tells why that was not believed, if it was not."""
    sku = request.form.get("sku", "")
    if request.endpoint == "storefront.add" and sku.strip() and is_text(sku) and len(sku) <= LONGEST_SKU:
        return see(url_for("storefront.product", sku=sku, refused=refused))
    is_checkout = request.path.startswith(url_for("storefront.show_checkout")) and refused != NO_VISIT
    return see(url_for("storefront.show_checkout" if is_checkout else "storefront.show_cart", refused=refused))


def refuse(reason: str) -> Response:
    """Lead back to the page whose form was sent, which shows it as it was typed, and say there why it was not done."""
    keep_draft()
    flash(reason, BAD)
    return to_form()
