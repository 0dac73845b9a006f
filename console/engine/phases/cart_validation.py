"""Phase 1: can this cart be bought as it is? All reasons against it are told together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.cart.addresses import faults_of
from console.engine.errors import invalid_cart
from console.engine.inventory import sum_by_variant
from console.engine.machine import Phase, StepStatus
from console.engine.phases.phase import Leg
from console.engine.prices.lines import read_lines
from console.engine.prices.pricing import find_problems
from console.models.cart import MAXIMUM_LINES, MAXIMUM_QUANTITY

PHASE = Phase.CART_VALIDATION


def run(leg: Leg) -> StepStatus:
    """Check the cart and read its lines for the phases after it.

    Changes: nothing. Safe to repeat because: it only reads. Undone by: nothing to undo.

    Raises:
        InvalidCart: with every reason in `context["reasons"]`.
    """
    assert leg.cart is not None
    leg.lines = read_lines(leg.session, leg.cart)
    require_valid(leg.session, leg.cart, leg.lines)
    return StepStatus.COMPLETED


def compensate(leg: Leg) -> StepStatus | None:
    """Undo nothing."""
    return None


def require_valid(session: Session, cart: Row[Any], lines: Sequence[Row[Any]]) -> None:
    """Refuse a cart that cannot be bought. Reads only.

    Raises:
        InvalidCart: with every reason in `context["reasons"]`.
    """
    reasons = [*_of_details(cart), *_of_lines(lines), *find_problems(session, cart, lines)]
    if reasons:
        raise invalid_cart(reasons)


def _of_details(cart: Row[Any]) -> Iterator[tuple[str, str]]:
    if not cart.email:
        yield "email", "An e-mail address is needed."
    for name, fault in faults_of(cart.shipping_address):
        yield f"shipping_address.{name}", f"The shipping address {fault}."
    if cart.billing_address is not None:  # without one, the shipping address is billed
        for name, fault in faults_of(cart.billing_address):
            yield f"billing_address.{name}", f"The billing address {fault}."


def _of_lines(lines: Sequence[Row[Any]]) -> Iterator[tuple[str, str]]:
    if not lines:
        yield "lines", "The cart is empty."
    if len(lines) > MAXIMUM_LINES:
        yield "lines", f"A cart has at most {MAXIMUM_LINES} lines."
    for line in lines:
        if not line.active:
            yield f"lines.{line.sku}", f"{line.sku} is no longer sold."
    skus = {line.variant_id: line.sku for line in lines}
    for variant_id, quantity in sum_by_variant(lines).items():
        if quantity > MAXIMUM_QUANTITY:
            yield f"lines.{skus[variant_id]}", f"{skus[variant_id]}: at most {MAXIMUM_QUANTITY} pieces."
