"""An action as a page or a program asks for it: one way for both."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from console.engine.errors import InvalidInput, NotFound
from console.engine.record.audit import Actor
from console.engine.staff.actions import expire, extend, release, retry
from console.engine.staff.allowed import Action
from console.engine.staff.reasons import readable_reason
from console.engine.staff.resolution import resolve
from console.engine.store.database import load
from console.models import CheckoutLock, PaymentOperation


@dataclass(frozen=True)
class AskedResolution:
    """What somebody says of a payment operation: whether it happened, and its reference at the gateway."""

    operation_id: int
    happened: bool
    provider_reference: str | None = None


@dataclass(frozen=True)
class ActionRequest:
    """An action that somebody asks for, the revision they saw, and why; for how many minutes (extend), or what they
    say of a payment (resolve).
    """

    action: Action
    version: int
    reason: str | None = None
    ttl_minutes: int | None = None
    resolution: AskedResolution | None = None


def perform(session: Session, request: ActionRequest, *, lock_id: int, actor: Actor) -> CheckoutLock:
    """Take the action on a checkout that is asked for, audited; give it as it is then. Own transactions.

    Raises:
        NotFound: when there is no such checkout, or no such operation of it.
        InvalidInput: for a reason that is missing or too long, or minutes that are missing or out of bounds.
        CheckoutError: as the verb.
    """
    lock, reason, version = _find(session, lock_id), readable_reason(request.reason), request.version
    if request.action == Action.EXTEND:
        if request.ttl_minutes is None:
            raise InvalidInput("Say for how many minutes.", field="ttl_minutes")
        return extend(session, lock, actor=actor, version=version, reason=reason, ttl_minutes=request.ttl_minutes)
    if request.action == Action.RETRY:
        return retry(session, lock, actor=actor, version=version, reason=reason)
    if request.action == Action.RESOLVE:
        return _resolve(session, request, lock_id=lock_id, actor=actor, reason=reason or "")
    verb = release if request.action == Action.RELEASE else expire
    return verb(session, lock, actor=actor, version=version, reason=reason or "")


def _resolve(session: Session, request: ActionRequest, *, lock_id: int, actor: Actor, reason: str) -> CheckoutLock:
    if request.resolution is None:
        raise InvalidInput("Say which payment you mean, and whether it happened.", field="happened")
    return resolve(
        session,
        _find_operation(session, lock_id, request.resolution.operation_id),
        happened=request.resolution.happened,
        actor=actor,
        reason=reason,
        provider_reference=request.resolution.provider_reference,
        version=request.version,
    )


def _find(session: Session, lock_id: int) -> CheckoutLock:
    try:
        return load(session, select(CheckoutLock).where(CheckoutLock.id == lock_id))
    except NoResultFound:
        raise NotFound("There is no such checkout.") from None


def _find_operation(session: Session, lock_id: int, operation_id: int) -> PaymentOperation:
    mine = (PaymentOperation.id == operation_id, PaymentOperation.lock_id == lock_id)
    try:
        return load(session, select(PaymentOperation).where(*mine))
    except NoResultFound:
        raise NotFound("This checkout has no such payment operation.") from None
