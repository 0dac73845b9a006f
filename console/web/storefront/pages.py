"""What all pages of the shop share: their blueprint, and how they are rendered."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, render_template

from console.web.shared.limits import tell_limit
from console.web.storefront.shopper import count_pieces

blueprint = Blueprint("storefront", __name__)
blueprint.after_request(tell_limit)


@blueprint.after_request
def _forbid_storing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"  # every page shows what is in this shopper's cart
    return response


def page(template: str, *, status: int = HTTPStatus.OK, **facts: Any) -> Response:
    """Render a page of the shop; its head tells how many pieces are in the cart, counted unless the facts say so."""
    if "pieces_in_cart" not in facts:
        facts["pieces_in_cart"] = count_pieces()
    return make_response(render_template(f"storefront/{template}", **facts), status)
