"""Actions on one checkout: a page that says what will happen and asks, then the action. No JavaScript is needed."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from werkzeug import Response as AnyResponse

from console.casebook.plans import plan
from console.engine.errors import CheckoutError, Contradicted, InProgress, InvalidInput, NotAllowed, NotFound, Stale
from console.engine.machine import STATE_NAMES, State
from console.engine.record.audit import Actor
from console.engine.staff.action_requests import ActionRequest, AskedResolution, perform
from console.engine.staff.allowed import ADMINS_ONLY, NEEDS_REASON, Action
from console.engine.staff.reasons import LONGEST_REASON
from console.extensions import current_settings, db
from console.web.shared.reading import find_checkout

ROUTE = f"/<row_id:lock_id>/<any({', '.join(action for action in Action if action not in ADMINS_ONLY)}):action>"
RESOLVE_ROUTE = f"/<row_id:lock_id>/{Action.RESOLVE}"
_MOST_DIGITS = 9
_MOST_ID_DIGITS = 18
_ANSWERS = {"yes": True, "no": False}
_DONE = {
    Action.RELEASE: "Released",
    Action.EXPIRE: "Expired",
    Action.EXTEND: "Extended",
    Action.RETRY: "Retried",
    Action.RESOLVE: "Resolved",
}
_ENDPOINTS = {Action.RESOLVE: "checkout_locks.resolve"}  # the others share theirs
# What the page says of itself instead of an error page: the checkout is another by now, or the form has a mistake.
_STATUSES: Mapping[type[CheckoutError], HTTPStatus] = {
    Stale: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.CONFLICT,
    InProgress: HTTPStatus.CONFLICT,
    Contradicted: HTTPStatus.CONFLICT,
    NotFound: HTTPStatus.UNPROCESSABLE_ENTITY,
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
    def take_action(self, lock_id: int, action: str) -> AnyResponse:
        """Do it and go back to the checkout; or say why not, with the checkout as it is now."""
        return self._take(lock_id, Action(action))

    @expose(RESOLVE_ROUTE)
    def resolve_page(self, lock_id: int) -> Response:
        """Show what either word about a payment in doubt would lead to, and ask for one."""
        return self._ask(lock_id, Action.RESOLVE)

    @expose(RESOLVE_ROUTE, methods=("POST",))
    def resolve(self, lock_id: int) -> AnyResponse:
        """Have somebody's word about a payment, the gateway asked first."""
        return self._take(lock_id, Action.RESOLVE)

    def _take(self, lock_id: int, wanted: Action) -> AnyResponse:
        find_checkout(lock_id)
        try:
            actor = Actor(current_user.email, request.remote_addr)
            lock = perform(db.session(), _read_request(wanted), lock_id=lock_id, actor=actor)
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
            has_moved_on=isinstance(refusal, Stale | Contradicted),
            is_recorded=isinstance(refusal, Contradicted),
            sent_to=url_for(_ENDPOINTS.get(action, "checkout_locks.take_action"), **_address(lock_id, action)),
            needs_reason=action in NEEDS_REASON,
            longest_reason=LONGEST_REASON,
            settings=current_settings(),
            given=request.form,
        )
        return make_response(page, HTTPStatus.OK if refusal is None else _STATUSES[type(refusal)])


def _read_request(action: Action) -> ActionRequest:
    version = _read_number("version")
    if version is None:
        raise InvalidInput("This form is incomplete; open the page again.", field="version")
    reason = request.form.get("reason")
    if action == Action.RESOLVE:
        return ActionRequest(action, version, reason=reason, resolution=_read_resolution())
    return ActionRequest(action, version, reason=reason, ttl_minutes=_read_number("ttl_minutes"))


def _read_resolution() -> AskedResolution | None:
    operation_id = _read_number("operation_id", most_digits=_MOST_ID_DIGITS)
    happened = _ANSWERS.get(request.form.get("happened", ""))
    if operation_id is None or happened is None:
        return None
    return AskedResolution(operation_id, happened, request.form.get("provider_reference"))


def _address(lock_id: int, action: Action) -> dict[str, Any]:
    return {"lock_id": lock_id} | ({} if action in _ENDPOINTS else {"action": action})


def _read_number(name: str, *, most_digits: int = _MOST_DIGITS) -> int | None:
    written = request.form.get(name, "").strip()
    is_number = written.isascii() and written.isdigit() and len(written) <= most_digits
    return int(written) if is_number else None
