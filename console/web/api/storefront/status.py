"""How the buying of a cart stands, for whoever has its token."""

from __future__ import annotations

from console.web.api.access import SESSION_ID_HEADER, owner, require_claimed, session_id
from console.web.api.calls import Call, route
from console.web.shared.checkout_status import answer_status, find_facts
from console.web.shared.resources import StatusAnswer


@route(
    "GET",
    "/carts/<row_id:cart_id>/checkout-status",
    Call({200: StatusAnswer}, refusals=("not_found", "invalid"), headers=(SESSION_ID_HEADER,)),
)
def show_status(cart_id: int) -> StatusAnswer:
    """Tell how the buying of a cart stands."""
    require_claimed(cart_id)
    return answer_status(find_facts(cart_id, token_hash=owner().token_hash), session_id=session_id())
