"""Why a checkout is where it is, in plain words, and what happens next by itself: for the console and the CLI.

The words are claims (see `claims`): what is said of the money, of what is held and of who acts next carries its facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.casebook.charges import claim_money
from console.casebook.claims import Claim, Course, Held, MoneyClaim, Next, Who
from console.casebook.outlook import claim_next
from console.casebook.situation import Situation
from console.engine.machine import UNPAID, OperationKind, OperationStatus, Outcome, State
from console.engine.record.endings import TIME_RAN_OUT
from console.wording import ago, counted

_ENDINGS = {
    Outcome.DECLINED: "The payment was declined",
    Outcome.OUT_OF_STOCK: "There was too little stock",
    Outcome.INVALID_CART: "The cart could not be bought as it was",
    Outcome.CANCELLED: "The shopper cancelled it",
    Outcome.EXPIRED: "Its time ran out",
    Outcome.RELEASED: "Somebody in the console released it",
    Outcome.ERROR: "It failed by a defect of ours",
}
_EXPIRED_BY_HAND = "Somebody in the console ended its time"
_REASON_SAYS_MORE = (Outcome.INVALID_CART, Outcome.ERROR)


@dataclass(frozen=True)
class Explanation:
    """How it came to be where it is, what it holds and needs of people, what is known of the money, what comes next."""

    course: Course
    held: Held
    charge: MoneyClaim
    outlook: tuple[Next, ...]
    attention: str | None = None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Give all that it claims, in the order of its sentences."""
        return (self.course, self.held, self.charge, *self.outlook)

    @property
    def why(self) -> str:
        """Say why it is where it is, and what it holds."""
        return f"{self.course.sentence} {self.held.sentence}"

    @property
    def money(self) -> str:
        """Say what is known of the money."""
        return self.charge.sentence

    @property
    def next_step(self) -> str:
        """Say what comes next."""
        return " ".join(claim.sentence for claim in self.outlook)

    @property
    def next_at(self) -> datetime | None:
        """Tell when the first of it comes; None: at no time."""
        return min((claim.at for claim in self.outlook if claim.at is not None), default=None)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more can happen to it."""
        return all(claim.who == Who.NOBODY and not claim.may_hear for claim in self.outlook)

    @property
    def text(self) -> str:
        """Put it all together."""
        needed = f"It needs somebody's attention: {self.attention}" if self.attention else ""
        return " ".join(filter(None, (self.why, needed, self.money, self.next_step)))


def explain(situation: Situation) -> Explanation:
    """Explain a checkout."""
    lock = situation.lock
    return Explanation(
        _course(situation), _held(lock), claim_money(situation.known), claim_next(situation), lock.needs_attention
    )


def _held(lock: Any) -> Held:
    if not lock.holds_cart:
        is_bought = lock.state == State.COMPLETED
        told = "Cart and stock went into the order." if is_bought else "It holds neither cart nor stock any more."
        return Held(told, cart=False, stock=False)
    if lock.state == State.PENDING:
        return Held("The cart is held.", cart=True, stock=False)
    return Held("The cart, its stock and its prices are held.", cart=True, stock=True)


def _course(situation: Situation) -> Course:
    lock, now = situation.lock, situation.now
    if situation.is_due:
        return Course(f"Its time ran out {ago(lock.expires_at, now)}, and nobody has swept it up yet.", lock.state)
    if lock.state in UNPAID:
        return Course(f"The shopper started {ago(lock.locked_at, now)} and has not paid yet.", lock.state)
    if lock.state == State.COMPLETED:
        return Course(f"It was bought {ago(lock.completed_at, now)}.", lock.state)
    ending, facts = _ending(situation) if lock.outcome else ("", {})
    if lock.state == State.FAILED:
        return Course(f"{ending}; it ended {ago(lock.failed_at, now)}.", lock.state, **facts)
    begun = f"{ending}, and it is going back. " if ending else ""
    told, refused = _under_way(situation)
    return Course(f"{begun}{told}", lock.state, **(facts | refused))


def _ending(situation: Situation) -> tuple[str, dict[str, Any]]:
    """Say how it ended; what staff gave as their reason is told to staff alone."""
    lock, outcome = situation.lock, Outcome(situation.lock.outcome)
    facts: dict[str, Any] = {"outcome": outcome}
    if outcome == Outcome.DECLINED:
        return _refusal(situation, facts)
    is_by_hand = outcome == Outcome.RELEASED or (outcome == Outcome.EXPIRED and lock.failure_reason != TIME_RAN_OUT)
    ending = _EXPIRED_BY_HAND if is_by_hand and outcome == Outcome.EXPIRED else _ENDINGS[outcome]
    said = situation.staff_reason if is_by_hand else lock.failure_reason if outcome in _REASON_SAYS_MORE else None
    return f"{ending} ({said.rstrip('.')})" if said else ending, facts


def _refusal(situation: Situation, facts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Say which call was refused, and by whom: the gateway, or somebody's word that it did not go through."""
    capture = situation.known.get(OperationKind.CAPTURE)
    refused = capture if capture is not None else situation.known.get(OperationKind.AUTHORIZE)
    if refused is None:
        return _ENDINGS[Outcome.DECLINED], facts
    return _refused(refused, situation.lock, facts)


def _refused(refused: Any, lock: Any, facts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    noun, by = OperationKind(refused.kind).noun, refused.resolved_by
    declined = _ENDINGS[Outcome.DECLINED]
    if refused.status == OperationStatus.SUCCEEDED:  # late money: what was said first is in the reason
        return f"{declined} ({(lock.failure_reason or '').rstrip('.')}, and it went through after all)", facts
    if by is not None:
        said = {"refused": refused.kind, "refused_by": by}
        return f"The payment did not go through (the {noun} did not happen, says {by})", facts | said
    said = {"refused": refused.kind, "refused_by": "gateway"}
    return f"{declined} (The gateway refused the {noun})", facts | said


def _under_way(situation: Situation) -> tuple[str, dict[str, Any]]:
    lock, now = situation.lock, situation.now
    if not situation.open_operations:
        refused = situation.refused_return
        if lock.state == State.ROLLING_BACK and refused is not None:
            return _refused_return(refused)
        return "Every call to the gateway is answered; it waits to be driven on.", {}
    operation = situation.open_operations[0]
    since, call = ago(operation.created_at, now), OperationKind(operation.kind).noun
    if operation.status == OperationStatus.WAITING:
        whom = "the shopper to approve it at the bank" if operation.kind == OperationKind.AUTHORIZE else "the gateway"
        return f"The {call} began {since} and waits for {whom}.", {}
    if situation.is_driven:
        return f"The gateway is being asked for the {call} right now.", {}
    if operation.status == OperationStatus.PENDING:
        return f"The {call} was written down {since}, and whoever was to send it has gone.", {}
    tries = f"; asked {counted(operation.attempts, 'time')}" if operation.attempts else ""
    return f"The gateway did not answer the {call} begun {since}{tries}.", {}


def _refused_return(refused: Any) -> tuple[str, dict[str, Any]]:
    noun, by = OperationKind(refused.kind).noun, refused.resolved_by
    if by is not None:
        return f"The {noun} did not happen, says {by}.", {"refused": refused.kind, "refused_by": by}
    return f"The gateway refused the {noun}.", {"refused": refused.kind, "refused_by": "gateway"}
