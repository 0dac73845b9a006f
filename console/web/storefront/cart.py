"""The cart: filled, changed, and read-only while a checkout holds it."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import Row
from werkzeug import Response

from console.engine.cart.changes import add_line, change_details, remove_line, set_quantity
from console.engine.errors import CartOrdered, InvalidInput
from console.engine.machine import EXPIRABLE
from console.engine.prices.lines import read_lines
from console.engine.prices.pricing import price_cart
from console.extensions import db
from console.models import Cart
from console.models.vocabulary import CartStatus
from console.web.shared.cart_protection import get_status, protect_cart
from console.web.shared.cart_view import view_cart
from console.web.shared.resources import CartAnswer
from console.web.storefront.drafts import COUPON, find_draft
from console.web.storefront.forms import CouponForm, HeldForm, LineForm
from console.web.storefront.pages import blueprint, page
from console.web.storefront.redirects import to_cart, to_order
from console.web.storefront.shopper import (
    find_last_order,
    find_order_number,
    load_cart,
    make_cart,
    put_away_cart,
    read_cart,
)


@blueprint.get("/cart")
def show_cart() -> Response:
    """Show the cart; one that was bought meanwhile leads to its order, and makes place for a new one."""
    head = read_cart()
    if head is not None and (number := find_order_number(head.id) if head.status == CartStatus.ORDERED else None):
        return to_order(number, cart_id=head.id)
    if head is None or not head.has_lines:
        return page("cart_empty.html", order_number=find_last_order())
    coupon = find_draft(COUPON).fields.get("coupon", head.coupon_code)
    return page("cart.html", **facts_of(head), lines_form=LineForm, coupon_form=CouponForm(None, coupon=coupon))


def facts_of(head: Row[Any]) -> dict[str, Any]:
    """Gather what the pages show of a cart: its lines, its coupon's trouble, how its checkout stands."""
    status = get_status()
    cart = view_cart(db.session(), head, token="")
    return {
        "cart": cart,
        "pieces_in_cart": sum(line.quantity for line in cart.lines),
        "checkout": status,
        "coupon_trouble": _coupon_trouble(head, cart),
        "held_form": HeldForm(formdata=None, checkout=status["lock_id"]),
        "can_cancel": status["can_resume"] and status["state"] in EXPIRABLE,
    }


def _coupon_trouble(head: Row[Any], cart: CartAnswer) -> str | None:
    """Tell why the cart's coupon gives nothing; None when it does, or there is none."""
    if not cart.coupon or cart.locked or cart.totals.discount.amount:
        return None
    problems = price_cart(db.session(), head, read_lines(db.session(), head)).problems
    return dict(problems).get("coupon")


@blueprint.get("/cart/add")
@blueprint.get("/cart/change")
@blueprint.get("/cart/coupon")
def lead_to_cart() -> Response:
    """Lead whoever comes to the address of a form to the cart."""
    return to_cart()


@blueprint.post("/cart/add")
@protect_cart
def add() -> Response:
    """Put pieces of a product into the cart, which is made when it is the first."""
    form = _checked(LineForm())
    sku, quantity = form.sku.data, form.quantity.data
    try:
        _add(load_cart(), sku=sku, quantity=quantity)
    except CartOrdered as bought:
        put_away_cart(bought.context["cart_id"])
        make_cart(sku=sku, quantity=quantity)
    return to_cart("It is in your cart.")


def _add(cart: Cart | None, *, sku: str, quantity: int) -> None:
    if cart is None:
        make_cart(sku=sku, quantity=quantity)
    else:
        add_line(db.session(), cart, sku=sku, quantity=quantity)


@blueprint.post("/cart/change")
@protect_cart
def change() -> Response:
    """Set how many pieces of a product are in the cart; 0 takes it out."""
    form, cart = _checked(LineForm()), load_cart()
    if cart is not None and form.quantity.data == 0:
        remove_line(db.session(), cart, sku=form.sku.data)
    elif cart is not None:
        set_quantity(db.session(), cart, sku=form.sku.data, quantity=form.quantity.data)
    return to_cart()


@blueprint.post("/cart/coupon")
@protect_cart
def set_coupon() -> Response:
    """Put a coupon on the cart, or take it off."""
    form, cart = _checked(CouponForm()), load_cart()
    if cart is not None:
        change_details(db.session(), cart, coupon_code=form.coupon.data or None)
    return to_cart()


def _checked(form: FlaskForm) -> FlaskForm:
    """Give a form back that is filled in rightly.

    Raises:
        InvalidInput: with the first thing that is wrong.
    """
    if not form.validate():
        field, (message, *_) = next(iter(form.errors.items()))
        raise InvalidInput(str(message), field=field)
    return form
