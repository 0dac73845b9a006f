"""How the buying of the cart stands: the widget for htmx, a page for people, JSON for programs."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, request

from console.web.auth.refusals import wants_json
from console.web.shared.cart_protection import get_status
from console.web.shared.progress import STOP_POLLING, is_over
from console.web.shared.resources import StatusAnswer
from console.web.storefront.pages import blueprint, page


@blueprint.get("/checkout/status")
def show_status() -> Response:
    """Tell how the buying of the session's cart stands."""
    status = get_status()
    if wants_json():
        response = jsonify(StatusAnswer(**status).model_dump(mode="json"))
    elif "HX-Request" in request.headers:
        widget = render_template("storefront/_status.html", checkout=status, on=_place())
        response = make_response(widget, STOP_POLLING if is_over(status) else 200)
    else:
        response = page("status.html", checkout=status, on=_place())
    response.vary.update(("Accept", "HX-Request", "Cookie"))
    return response


def _place() -> str | None:
    """Tell whether the widget stands on the checkout's own page, where *Resume* would lead nowhere."""
    return "checkout" if request.args.get("on") == "checkout" else None
