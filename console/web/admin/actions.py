"""Actions on one checkout: a page that says what will happen and asks, then the deed. No JavaScript is needed."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from werkzeug import Response as AnyResponse

from console.engine.allowed import NEEDS_REASON, Action
from console.engine.audit import Actor
from console.engine.errors import CheckoutError, InProgress, InvalidInput, NotAllowed, Stale
from console.engine.machine import STATE_NAMES, State
from console.engine.reasons import LONGEST_REASON
from console.extensions import current_settings
from console.monitoring.plans import plan
from console.web.admin.deeds import Wish, perform
from console.web.admin.lock_details import find_checkout

ROUTE = f"/<row_id:lock_id>/<any({', '.join(Action)}):action>"
_MOST_DIGITS = 9
_DONE = {
    Action.RELEASE: "Released",
    Action.EXPIRE: "Expired",
    Action.EXTEND: "Extended",
    Action.RETRY: "Retried",
}
# What the page says of itself instead of an error page: the checkout is another by now, or the form has a mistake.
_STATUSES: Mapping[type[CheckoutError], HTTPStatus] = {
    Stale: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.CONFLICT,
    InProgress: HTTPStatus.CONFLICT,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class LockActions:
    """The routes of the list of checkouts that do something to one of them."""

    render: Any

    @expose(ROUTE)
    def action_page(self, lock_id: int, action: str) -> Response:
        """Show what an action would do, and ask."""
        return self._ask(lock_id, Action(action))

    @expose(ROUTE, methods=("POST",))
    def act(self, lock_id: int, action: str) -> AnyResponse:
        """Do it and go back to the checkout; or say why not, with the checkout as it is now."""
        wanted = Action(action)
        find_checkout(lock_id)
        try:
            lock = perform(_read_wish(wanted), lock_id=lock_id, actor=Actor(current_user.email, request.remote_addr))
        except tuple(_STATUSES) as refusal:
            return self._ask(lock_id, wanted, refusal)
        flash(f"{_DONE[wanted]}. The checkout is {STATE_NAMES[State(lock.state)]} now.")
        return redirect(url_for("checkout_locks.details_view", id=lock_id), HTTPStatus.SEE_OTHER)

    def _ask(self, lock_id: int, action: Action, refusal: CheckoutError | None = None) -> Response:
        checkout = find_checkout(lock_id)
        page = self.render(
            "admin/lock_action.html",
            checkout=checkout,
            plan=plan(action, checkout.holdings),
            refusal=refusal,
            has_moved_on=isinstance(refusal, Stale),
            needs_reason=action in NEEDS_REASON,
            longest_reason=LONGEST_REASON,
            settings=current_settings(),
            given=request.form,
        )
        return make_response(page, HTTPStatus.OK if refusal is None else _STATUSES[type(refusal)])


def _read_wish(action: Action) -> Wish:
    version = _read_number("version")
    if version is None:
        raise InvalidInput("This form is incomplete; open the page again.", field="version")
    return Wish(action, version, reason=request.form.get("reason"), ttl_minutes=_read_number("ttl_minutes"))


def _read_number(name: str) -> int | None:
    written = request.form.get(name, "").strip()
    is_number = written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS
    return int(written) if is_number else None
