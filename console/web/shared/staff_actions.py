"""Doing to a checkout what a page or a program asks for: one way for both."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from console.engine import expire, extend, release, resolve, retry
from console.engine.errors import InvalidInput, NotFound
from console.engine.record.audit import Actor
from console.engine.staff.allowed import Action
from console.engine.staff.reasons import readable_reason
from console.engine.store.database import load
from console.extensions import db
from console.models import CheckoutLock, PaymentOperation


@dataclass(frozen=True)
class Word:
    """What somebody says of a payment operation: whether it happened, and its reference at the gateway."""

    operation_id: int
    happened: bool
    provider_reference: str | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody wants done: the action, the revision they saw, why; for how many minutes (extend), or what they
    say of a payment (resolve).
    """

    action: Action
    version: int
    reason: str | None = None
    ttl_minutes: int | None = None
    word: Word | None = None


def perform(wish: Wish, *, lock_id: int, actor: Actor) -> CheckoutLock:
    """Do to a checkout what is wished, audited; give it as it is then. Own transactions.

    Raises:
        NotFound: when there is no such checkout, or no such operation of it.
        InvalidInput: for a reason that is missing or too long, or minutes that are missing or out of bounds.
        CheckoutError: as the engine's verb.
    """
    session, lock, reason = db.session(), _find(lock_id), readable_reason(wish.reason)
    if wish.action == Action.EXTEND:
        if wish.ttl_minutes is None:
            raise InvalidInput("Say for how many minutes.", field="ttl_minutes")
        return extend(session, lock, actor=actor, version=wish.version, reason=reason, ttl_minutes=wish.ttl_minutes)
    if wish.action == Action.RETRY:
        return retry(session, lock, actor=actor, version=wish.version, reason=reason)
    if wish.action == Action.RESOLVE:
        return _resolve(wish, lock_id=lock_id, actor=actor, reason=reason or "")
    verb = release if wish.action == Action.RELEASE else expire
    return verb(session, lock, actor=actor, version=wish.version, reason=reason or "")


def _resolve(wish: Wish, *, lock_id: int, actor: Actor, reason: str) -> CheckoutLock:
    if wish.word is None:
        raise InvalidInput("Say which payment you mean, and whether it happened.", field="happened")
    return resolve(
        db.session(),
        _find_operation(lock_id, wish.word.operation_id),
        happened=wish.word.happened,
        actor=actor,
        reason=reason,
        provider_reference=wish.word.provider_reference,
        version=wish.version,
    )


def _find(lock_id: int) -> CheckoutLock:
    try:
        return load(db.session(), select(CheckoutLock).where(CheckoutLock.id == lock_id))
    except NoResultFound:
        raise NotFound("There is no such checkout.") from None


def _find_operation(lock_id: int, operation_id: int) -> PaymentOperation:
    mine = (PaymentOperation.id == operation_id, PaymentOperation.lock_id == lock_id)
    try:
        return load(db.session(), select(PaymentOperation).where(*mine))
    except NoResultFound:
        raise NotFound("This checkout has no such payment operation.") from None
