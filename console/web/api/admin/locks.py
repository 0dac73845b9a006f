"""Checkouts, for the admin API: the list, one of them, and what an action would do to it."""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel
from sqlalchemy import select

from console.casebook.documents import LockDocument, LockSummary, describe, summary_facts
from console.casebook.plans import plan
from console.engine.staff.allowed import NEEDS_REASON, Action
from console.engine.store.database import look
from console.engine.store.tables import locks
from console.extensions import db
from console.web.api.admin.bodies import LockQuery, PlanQuery
from console.web.api.callers import caller_may
from console.web.api.calls import Call, route
from console.web.shared.listing.listing import Question, read_rows
from console.web.shared.listing.lock_list import LOCKS
from console.web.shared.reading import find_checkout

_SUMMARY = tuple(name for name in LockSummary.model_fields if name in locks.c)
_LOCKS = replace(LOCKS, query=select(*(locks.c[name] for name in _SUMMARY)))


class LockPage(BaseModel):
    """A page of checkouts; no `next_cursor` means that it is the last."""

    data: list[LockSummary]
    next_cursor: str | None


class EffectAnswer(BaseModel):
    """What would become of one thing."""

    subject: str
    text: str


class PlanAnswer(BaseModel):
    """What an action would do to a checkout as it is now; `refusal` says why it is not allowed."""

    action: str
    is_allowed: bool
    refusal: str | None
    needs_reason: bool
    version: int
    effects: list[EffectAnswer]


@route("GET", "/admin/locks", Call({200: LockPage}, query=LockQuery, refusals=("invalid",), is_admin=True))
def list_locks(query: LockQuery) -> LockPage:
    """List checkouts, the newest first."""
    question = Question.of(_LOCKS, {name: str(value) for name, value in query})
    page = look(
        db.session(), lambda reader: read_rows(reader, question, cursor=query.cursor or None, limit=query.limit)
    )
    data = [LockSummary.model_validate(summary_facts(row)) for row in page.rows]
    return LockPage(data=data, next_cursor=page.next_cursor)


@route("GET", "/admin/locks/<row_id:lock_id>", Call({200: LockDocument}, refusals=("not_found",), is_admin=True))
def show_lock(lock_id: int) -> LockDocument:
    """Show a checkout with all that belongs to it."""
    return describe_to_caller(lock_id)


@route(
    "GET",
    "/admin/locks/<row_id:lock_id>/plan",
    Call({200: PlanAnswer}, query=PlanQuery, refusals=("not_found", "invalid"), is_admin=True),
)
def plan_action(lock_id: int, query: PlanQuery) -> PlanAnswer:
    """Tell what an action would do, and do nothing."""
    checkout = find_checkout(lock_id)
    planned = plan(Action(query.action), checkout.holdings)
    return PlanAnswer(
        action=planned.action,
        is_allowed=planned.refusal is None,
        refusal=planned.refusal,
        needs_reason=planned.action in NEEDS_REASON,
        version=checkout.lock.revision,
        effects=[EffectAnswer(**vars(effect)) for effect in planned.effects],
    )


def describe_to_caller(lock_id: int) -> LockDocument:
    """Write a checkout out, with the actions that are open to the caller.

    Raises:
        NotFound: when there is none.
    """
    return describe(find_checkout(lock_id), for_admin=caller_may("api.resolve_lock"))
