"""Orders, for the token of the cart they were."""

from __future__ import annotations

from console.web.api.access import find_order
from console.web.api.calls import Call, route
from console.web.shared.order_view import answer_order
from console.web.shared.resources import OrderAnswer


@route("GET", "/orders/<text:number>", Call({200: OrderAnswer}, refusals=("not_found",)))
def show_order(number: str) -> OrderAnswer:
    """Show an order."""
    return answer_order(find_order(number))
