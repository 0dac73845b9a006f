"""A human ends doubt about a payment (rule 6): the gateway is asked first, then the word is recorded as theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.checkout import advance
from console.engine.driving.locks import DRIVERLESS, at_revision, change, is_driverless
from console.engine.errors import Contradicted, InProgress, InvalidInput, NotAllowed, Stale
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.calls import find_answer
from console.engine.payments.facts import follow, record_answer
from console.engine.payments.gateway import GatewayAnswer
from console.engine.payments.operations import Operations, is_what_we_asked, meaning, operations_of, raise_operation
from console.engine.record.attention import settle_causes
from console.engine.record.audit import Actor, Entry
from console.engine.staff.actions import require_unmoved
from console.engine.staff.allowed import Action, owes_by_hand, resolvable, unbooked, why_not
from console.engine.staff.open_actions import close_action, open_action, shown
from console.engine.staff.reasons import required_reason
from console.engine.store.database import Reader, look, transact, until_won
from console.engine.store.objects import present, show
from console.engine.store.tables import locks
from console.models import CheckoutLock, PaymentOperation
from console.models.text import is_text

BY_HAND = "by_hand"
LONGEST_REFERENCE = 255


@dataclass(frozen=True)
class HumanWord:
    """What a human says of an operation: whether it happened, and why they know."""

    happened: bool
    actor: Actor
    reason: str
    provider_reference: str | None

    @property
    def status(self) -> OperationStatus:
        """The status that the word gives."""
        return OperationStatus.SUCCEEDED if self.happened else OperationStatus.REFUSED


@dataclass(frozen=True)
class _Scene:
    """A checkout as the human's word finds it: its row, its operations by kind, the one in question."""

    lock: Row[Any]
    known: Operations
    kind: str

    @property
    def operation(self) -> Row[Any]:
        return self.known[self.kind]


def resolve(  # noqa: PLR0913 - the verb's own shape
    session: Session,
    operation: PaymentOperation,
    *,
    happened: bool,
    actor: Actor | str,
    reason: str,
    provider_reference: str | None = None,
    version: int | None = None,
) -> CheckoutLock:
    """End the doubt about a payment operation, and have the machine go on. Own transactions.

    The gateway is asked first: its last word is the fact. Otherwise the human's word counts, and is kept as theirs.
    `provider_reference` is the payment's at the gateway, `version` the checkout's revision that the actor saw; None
    acts on whatever it is.

    Raises:
        InvalidInput: without a reason, or for a reference that cannot be one.
        Stale: when the checkout moved on since.
        NotAllowed: when nothing about this operation is in doubt.
        InProgress: when somebody drives the checkout at this moment.
        Contradicted: when the gateway says otherwise, or has said so before; what it says now is recorded.
    """
    word = HumanWord(happened, Actor.of(actor), required_reason(reason), _readable(provider_reference))
    lock_id, kind = operation.lock_id, operation.kind
    row, refusal = _have_word(session, lock_id, kind, word, version=version)
    lock = present(session, CheckoutLock, row)
    with suppress(InProgress):  # whoever drives it goes on from the new fact
        advance(session, lock)
    show(close_action(session, lock_id), on=lock)
    show(look(session, lambda reader: operations_of(reader, lock_id)[kind]), on=operation)
    if refusal is not None:
        raise refusal
    return lock


def _have_word(
    session: Session, lock_id: int, kind: str, word: HumanWord, *, version: int | None
) -> tuple[Row[Any], Contradicted | None]:
    """Ask the gateway and record what is known then; give the lock, and why the word does not count if it does not."""

    def ask_and_record() -> tuple[Row[Any], Contradicted | None]:
        scene = look(session, lambda reader: _read(reader, lock_id, kind))
        require_unmoved(scene.lock, version=version)
        _require_doubt(scene)
        _require_news(scene, word)
        answer = find_answer(session, scene.lock.reference, kind=OperationKind(kind))
        return transact(session, _recording(session, scene, word, answer), is_repeatable=False)

    return until_won(  # it may move on while the gateway is asked: look what is in doubt then
        ask_and_record, otherwise=lambda: Stale("This checkout is changing too fast; look again.", lock_id=lock_id)
    )


def _read(reader: Reader, lock_id: int, kind: str) -> _Scene:
    query = select(locks, is_driverless().label("is_driverless")).where(locks.c.id == lock_id)
    return _Scene(reader.execute(query).one(), operations_of(reader, lock_id), kind)


def _require_doubt(scene: _Scene) -> None:
    doubts = [operation.kind for operation in resolvable(scene.lock, scene.known)]
    refusal = why_not(Action.RESOLVE, scene.lock.state, is_due=False, is_in_doubt=bool(doubts))
    if refusal is None and scene.kind not in doubts:
        others = ", ".join(OperationKind(kind).noun for kind in doubts)
        refusal = f"The {_noun(scene)} is {scene.operation.status}, and nobody doubts it; in doubt is the {others}."
    if refusal is not None:
        raise NotAllowed(refusal, state=scene.lock.state)
    if not scene.lock.is_driverless:
        raise InProgress("Somebody is driving this checkout right now; look again shortly.")


def _require_news(scene: _Scene, word: HumanWord) -> None:
    if not word.happened and owes_by_hand(scene.operation, scene.lock, scene.known):
        raise NotAllowed(
            f"That the {_noun(scene)} was refused is known already. Give the money back, then say that it happened.",
            state=scene.lock.state,
        )


def _recording(
    session: Session, scene: _Scene, word: HumanWord, answer: GatewayAnswer | None
) -> Callable[[], tuple[Row[Any], Contradicted | None]]:
    """Give the transaction that records the gateway's last word, or else the human's, with its audit entry."""

    def record() -> tuple[Row[Any], Contradicted | None]:
        lock = change(session, scene.lock.id, at_revision(scene.lock.revision), DRIVERLESS)
        said = _last_word(answer, scene.operation)
        if answer is not None and said is not None:
            lock = record_answer(session, lock.id, scene.operation, answer)
        _require_no_denial(scene, word)
        if said is not None and said != word.status and not _is_given_back_by_hand(scene, word):
            return lock, _contradicted(scene, said)
        if said != word.status:
            lock = _take_word(session, lock, scene, word)
        lock = settle_causes(session, lock, about={scene.kind, *unbooked(scene.lock, scene.known)})
        return _keep_open(session, lock, scene, word), None

    return record


def _last_word(answer: GatewayAnswer | None, operation: Row[Any]) -> OperationStatus | None:
    """Tell what the gateway says, if that is its last word, about our amount."""
    if answer is None or not is_what_we_asked(answer, operation):
        return None
    said = meaning(answer, kind=operation.kind)
    return said if said.is_resolved else None


def _is_given_back_by_hand(scene: _Scene, word: HumanWord) -> bool:
    """The gateway's refusal stands, and the money went back another way: no contradiction."""
    return word.happened and owes_by_hand(scene.operation, scene.lock, scene.known)


def _take_word(session: Session, lock: Row[Any], scene: _Scene, word: HumanWord) -> Row[Any]:
    """Record the human's word where it tells more than our books; they may also have been right."""
    resolution = {"by": word.actor.name, "reason": word.reason, "happened": word.happened}
    raised = raise_operation(
        session,
        scene.operation,
        status=word.status,
        provider_reference=word.provider_reference or scene.operation.provider_reference,
        code=BY_HAND,
        message="Settled by hand." if word.happened else "It did not go through.",
        answer={**(scene.operation.answer or {}), "resolution": resolution},
        resolved_by=word.actor.name[:LONGEST_REFERENCE],
    )
    return lock if raised is None else follow(session, lock, raised)


def _require_no_denial(scene: _Scene, word: HumanWord) -> None:
    known = OperationStatus(scene.operation.status)
    if known == OperationStatus.SUCCEEDED and not word.happened:
        raise Contradicted(
            f"The gateway has said that the {_noun(scene)} succeeded, and facts only rise; settle the money with it.",
            status=known,
        )


def _contradicted(scene: _Scene, said: OperationStatus) -> Contradicted:
    what = "happened" if said == OperationStatus.SUCCEEDED else "did not happen"
    return Contradicted(
        f"The gateway says that the {_noun(scene)} {what}. That is recorded as the fact, and your word is not.",
        status=said,
    )


def _keep_open(session: Session, lock: Row[Any], scene: _Scene, word: HumanWord) -> Row[Any]:
    now = operations_of(session, lock.id)[scene.kind]
    before = shown(scene.lock) | {"operation": _facts(scene.operation)}
    after = {"operation": _facts(now), "happened": word.happened}
    entry = Entry(Action.RESOLVE, ("checkout_lock", lock.id), word.reason, before=before, after=after)
    return open_action(session, lock, word.actor, entry)


def _facts(operation: Row[Any]) -> Mapping[str, Any]:
    return {name: operation._mapping[name] for name in ("id", "kind", "status", "provider_reference", "resolved_by")}


def _noun(scene: _Scene) -> str:
    return OperationKind(scene.kind).noun


def _readable(reference: str | None) -> str | None:
    told = (reference or "").strip()
    if len(told) > LONGEST_REFERENCE or not is_text(told):
        raise InvalidInput(
            f"The gateway's reference has at most {LONGEST_REFERENCE} readable characters.", field="provider_reference"
        )
    return told or None
