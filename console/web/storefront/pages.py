"""What all pages of the shop share: their blueprint, and how they are rendered."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from console.web.shared.rate_limiting import tell_limit
from console.web.storefront.doubts import told_doubt, try_cookies
from console.web.storefront.drafts import forget_draft
from console.web.storefront.shopper import count_pieces

blueprint = Blueprint("storefront", __name__)
blueprint.before_request(try_cookies)
blueprint.after_request(tell_limit)


@blueprint.before_request
def _take_form() -> None:
    """Forget how a form was typed before that is sent anew; by now it is known to be of a page of ours."""
    if request.method == "POST":
        forget_draft()


@blueprint.after_request
def _forbid_storing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"  # every page shows what is in this shopper's cart
    return response


def page(template: str, *, status: int = HTTPStatus.OK, **facts: Any) -> Response:
    """Render a page of the shop; its head tells how many pieces are in the cart, counted unless the facts say so."""
    if "pieces_in_cart" not in facts:
        facts["pieces_in_cart"] = count_pieces()
    return make_response(render_template(f"storefront/{template}", doubt=told_doubt(), **facts), status)
