"""One checkout as a document, for programs: what the admin API answers and the console lets one download."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from console.casebook.cases import Checkout
from console.casebook.explanation import Explanation
from console.engine.machine import ENDED, STATE_NAMES, Outcome, State
from console.engine.staff.allowed import ADMINS_ONLY


class Amount(BaseModel):
    """An amount in minor units of its currency."""

    amount: int
    currency: str


class LockSummary(BaseModel):
    """A checkout as a list shows it."""

    id: int
    reference: str
    cart_id: int
    session_id: str
    customer_email: str | None
    state: str
    state_name: str
    phase: str | None
    outcome: str | None
    locked_at: datetime
    expires_at: datetime
    completed_at: datetime | None
    failed_at: datetime | None
    needs_attention: str | None
    revision: int = Field(description="the `version` that an action on it is sent with")


class OrderDocument(BaseModel):
    """The order of a checkout."""

    number: str
    status: str
    total: Amount
    external_reference: str | None
    created_at: datetime
    paid_at: datetime | None
    cancelled_at: datetime | None


class SnapshotDocument(BaseModel):
    """Frozen prices: of a line, or of the whole cart (`sku` null)."""

    sku: str | None
    name: str | None
    quantity: int | None
    unit_price: Amount | None
    sub_total: Amount
    discount_total: Amount
    tax_total: Amount
    shipping_total: Amount
    total: Amount
    discount_breakdown: list[dict[str, Any]] = Field(description="amounts in minor units")
    applied_discounts: list[dict[str, Any]]
    tax_breakdown: list[dict[str, Any]] = Field(description="amounts in minor units; shipping's has `on`")
    tax_rate: Decimal | None = Field(description="0.2 is 20 %")
    prices_include_tax: bool
    shipping_method: str | None
    currency_code: str
    compare_currency_code: str = Field(description="the currency that prices were converted from")
    exchange_rate: Decimal = Field(description="what one unit of it was worth")
    coupon_code: str | None
    promotion_details: dict[str, Any] | None = Field(description="the terms of the coupon, as they were")
    snapshot_at: datetime


class ReservationDocument(BaseModel):
    """Stock that a checkout took from one warehouse."""

    sku: str
    warehouse: str
    quantity: int
    status: str
    created_at: datetime
    resolved_at: datetime | None


class OperationDocument(BaseModel):
    """A call to the payment gateway; the payment token is never told, only whether it is still kept."""

    id: int
    kind: str
    status: str
    amount: Amount
    idempotency_key: str
    provider: str
    provider_reference: str | None
    payment_method: str | None
    has_token: bool
    code: str | None
    message: str | None
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


class StepDocument(BaseModel):
    """How one phase went, forwards or back."""

    phase: str
    state: str
    status: str
    is_compensation: bool
    fence: int
    started_at: datetime
    finished_at: datetime | None
    detail: dict[str, Any] | None


class EventDocument(BaseModel):
    """Something that became true, and its delivery."""

    id: int
    topic: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int
    last_error: str | None
    delivered_at: datetime | None


class AuditDocument(BaseModel):
    """What somebody did, and why."""

    id: int
    actor: str
    action: str
    object_type: str
    object_id: str
    reason: str | None
    origin: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: datetime


class ClaimDocument(BaseModel):
    """One sentence of an explanation, what it is about, and the facts that it claims; amounts in minor units."""

    about: str
    sentence: str
    facts: dict[str, Any]


class ExplanationDocument(BaseModel):
    """Why a checkout is where it is, what is known of the money, and what happens next by itself."""

    text: str
    why: str
    money: str
    next_step: str
    next_at: datetime | None
    attention: str | None
    claims: list[ClaimDocument] = Field(description="what the sentences claim, in their order")


class LockDocument(LockSummary):
    """A checkout with all that belongs to it."""

    is_active: bool
    is_completed: bool
    is_failed: bool
    is_expired: bool = Field(description="its time ran out, swept or not")
    can_resume: bool
    duration: float = Field(description="seconds from its start to its end, or until now")
    failure_reason: str | None
    metadata: dict[str, Any]
    fence: int
    order: OrderDocument | None
    snapshots: list[SnapshotDocument]
    reservations: list[ReservationDocument]
    operations: list[OperationDocument]
    steps: list[StepDocument]
    events: list[EventDocument]
    audit: list[AuditDocument]
    allowed_actions: list[str]
    explanation: ExplanationDocument


def describe(checkout: Checkout, *, for_admin: bool = False) -> LockDocument:
    """Write a checkout out; only an admin is offered what only admins may do."""
    lock, explanation = checkout.lock, checkout.explanation
    ended_at = lock.completed_at or lock.failed_at or checkout.now
    return LockDocument(
        **summary_facts(lock),
        is_active=lock.state not in ENDED,
        is_completed=lock.state == State.COMPLETED,
        is_failed=lock.state == State.FAILED,
        is_expired=checkout.is_due or lock.outcome == Outcome.EXPIRED,
        can_resume=bool(lock.holds_cart and not checkout.is_due),
        duration=max(0.0, round((ended_at - lock.locked_at).total_seconds(), 3)),
        failure_reason=lock.failure_reason,
        metadata=lock.metadata,
        fence=lock.fence,
        order=_order(checkout.order),
        snapshots=[_with_amounts(SnapshotDocument, row, row.currency_code) for row in checkout.snapshots],
        reservations=_each(ReservationDocument, checkout.reservations),
        operations=[_with_amounts(OperationDocument, row, row.currency) for row in checkout.operations],
        steps=_each(StepDocument, checkout.steps),
        events=_each(EventDocument, checkout.events),
        audit=_each(AuditDocument, checkout.audit),
        allowed_actions=[action.value for action in checkout.allowed_actions if for_admin or action not in ADMINS_ONLY],
        explanation=_explanation(explanation),
    )


def _explanation(told: Explanation) -> ExplanationDocument:
    claims = [ClaimDocument(about=each.about, sentence=each.sentence, facts=each.facts) for each in told.claims]
    parts = {name: getattr(told, name) for name in ExplanationDocument.model_fields.keys() - {"claims"}}
    return ExplanationDocument(claims=claims, **parts)


def summary_facts(row: Any) -> dict[str, Any]:
    """Pick out of a lock's row what its summary tells."""
    names = LockSummary.model_fields.keys() - {"state_name"}
    return {name: row._mapping[name] for name in names} | {"state_name": STATE_NAMES[State(row.state)]}


def _each(model: type[BaseModel], rows: Sequence[Any]) -> list[Any]:
    return [model.model_validate(dict(row._mapping)) for row in rows]


def _order(row: Any) -> OrderDocument | None:
    return None if row is None else _with_amounts(OrderDocument, row, row.currency)


def _with_amounts(model: type[BaseModel], row: Any, currency: str) -> Any:
    """Build a model from a row, its amounts with their currency."""
    facts = dict(row._mapping)
    for name, field in model.model_fields.items():
        if field.annotation in (Amount, Amount | None) and facts[name] is not None:
            facts[name] = Amount(amount=facts[name], currency=currency)
    return model.model_validate(facts)
