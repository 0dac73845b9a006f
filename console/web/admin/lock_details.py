"""The page of one checkout: what it is, why it is where it is, and all that belongs to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_admin import expose
from flask_login import current_user
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout
from console.casebook.documents import describe
from console.casebook.money import ask_of
from console.casebook.prices import tell_prices
from console.casebook.timeline import waterfall
from console.engine.machine import EXPIRABLE, STATE_NAMES, OperationStatus, State
from console.engine.prices.drift import read_drifts
from console.extensions import db
from console.telemetry.statistics import DEFAULT_HOURS, read_window
from console.web.shared.progress import STOP_POLLING, pace_seconds
from console.web.shared.reading import find_checkout, read_case, statistics_now
from console.web.shared.roles import may
from console.web.shared.status_words import message_of

_MOST_DIGITS = 18
AFTER_THE_END_SECONDS = 60


class LockDetails:
    """The routes of the list of checkouts that show one of them, and their statistics."""

    render: Any

    @expose("/details/")
    def details_view(self) -> str:
        """Show one checkout."""
        page: str = self.render("admin/checkout_lock.html", **_facts_of(_wanted_id()))
        return page

    @expose("/<row_id:lock_id>/status")
    def status_view(self, lock_id: int) -> tuple[str, int]:
        """Give all of one checkout that moves with it, which asks for itself until nothing more can happen."""
        facts = _facts_of(lock_id)
        page: str = self.render("admin/panels/checkout.html", **facts)
        return page, HTTPStatus.OK if facts["pace_seconds"] else STOP_POLLING

    @expose("/<row_id:lock_id>/gateway")
    def gateway_view(self, lock_id: int) -> str:
        """Ask the gateway what it has of one checkout, ended or not, and show it beside our books. Changes nothing."""
        checkout = find_checkout(lock_id)
        page: str = self.render("admin/gateway.html", checkout=checkout, heard=ask_of(db.session(), checkout))
        return page

    @expose("/<row_id:lock_id>/json")
    def json_view(self, lock_id: int) -> Response:
        """Give one checkout as a document to keep."""
        checkout = find_checkout(lock_id)
        document = Response(_write_out(checkout), mimetype="application/json")
        document.headers["Content-Disposition"] = f'attachment; filename="{checkout.lock.reference}.json"'
        return document

    @expose("/statistics")
    def statistics_view(self) -> Response:
        """Give the statistics of the last hours, 24 unless the address says otherwise."""
        hours = read_window(request.args.get("hours") or str(DEFAULT_HOURS))
        return Response(statistics_now(hours).model_dump_json(), mimetype="application/json")


def _facts_of(lock_id: int) -> dict[str, Any]:
    """Read what the page of one checkout shows."""
    with Session(db.engine) as session:
        checkout = read_case(session, lock_id)
        drift = read_drifts(session, [lock_id]).get(lock_id)
    status = as_status(checkout.lock, is_due=checkout.is_due, is_waiting=_is_waiting(checkout))
    return {
        "checkout": checkout,
        "status": status,
        "pace_seconds": _pace_seconds(checkout, status),
        "bars": waterfall(checkout.steps, now=checkout.now),
        "drift": drift,
        "price_story": tell_prices(checkout.snapshots),
        "expirable": EXPIRABLE,
    }


def _pace_seconds(checkout: Checkout, status: dict[str, Any]) -> int | None:
    """Tell how often the page asks anew; an ended checkout may still hear from the gateway, or from somebody."""
    pace = pace_seconds(status)
    return AFTER_THE_END_SECONDS if pace is None and not checkout.explanation.is_over else pace


def as_status(lock: Any, *, is_due: bool, is_waiting: bool) -> dict[str, Any]:
    """Tell how a checkout stands as its shopper's widget does; nobody resumes it from the console."""
    return {
        "state": lock.state,
        "state_name": STATE_NAMES[State(lock.state)],
        "phase": lock.phase,
        "reference": lock.reference,
        "expires_at": lock.expires_at,
        "can_resume": False,
        "next_action": None,
        "message": message_of(lock, is_due=is_due, is_waiting=is_waiting),
    }


def _write_out(checkout: Checkout) -> str:
    for_admin = may(current_user.role, "checkout_locks.resolve_page")
    return describe(checkout, for_admin=for_admin).model_dump_json(indent=2)


def _is_waiting(checkout: Checkout) -> bool:
    return any(operation.status == OperationStatus.WAITING for operation in checkout.operations)


def _wanted_id() -> int:
    wanted = request.args.get("id", "")
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) <= _MOST_DIGITS
    return int(wanted) if is_number else 0
