"""The verdict on a checkout: paid and captured once, or fully undone, or honestly in somebody's hands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.engine.care.ledger_comparison import find_differences
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.gateway import LedgerEntry
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, Order, PaymentOperation
from console.models.vocabulary import OrderStatus

_BACKS = (OperationKind.VOID, OperationKind.REFUND)


class End(StrEnum):
    """How a checkout may be found once all is quiet."""

    COMPLETED = "completed"
    UNDONE = "undone"
    ATTENTION = "needs attention"
    WAITING = "waiting"


@dataclass
class Tally:
    """What became of a scenario's checkouts; `violations` are told in words."""

    ends: Counter[End] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    is_cut_short: bool = False

    @property
    def runs(self) -> int:
        """Count the checkouts."""
        return self.ends.total()

    def add(self, other: Tally) -> None:
        """Count another's checkouts too."""
        self.ends += other.ends
        self.violations += [each for each in other.violations if each not in self.violations]
        self.is_cut_short |= other.is_cut_short

    def require(self, ends: Collection[End]) -> None:
        """Count it a violation if a checkout ended in another way than these."""
        for end, number in self.ends.items():
            if end not in ends:
                self.violations.append(f"{number} ended {end.value}, which none of these may")


@dataclass(frozen=True)
class Found:
    """One checkout with all that belongs to it, here and at the gateway."""

    lock: CheckoutLock
    orders: Sequence[Order]
    operations: Sequence[PaymentOperation]
    charges: Sequence[LedgerEntry]

    @property
    def kept(self) -> int:
        """Tell how much of the shopper's money is with us, in minor units."""
        return sum(charge.captured - charge.refunded for charge in self.charges)

    @property
    def held(self) -> int:
        """Tell how much of it is still reserved on their card, in minor units."""
        return sum(max(0, charge.authorized - charge.voided - charge.captured) for charge in self.charges)


def judge_all(session: Session, gateway: SandboxGateway, *, only: Collection[int] | None = None) -> Tally:
    """Judge the checkouts of a quiet shop (all of them, or those of these ids), and everything that must agree."""
    tally = judge_agreement(session, gateway)
    for found in _find_checkouts(session, gateway):
        if only is None or found.lock.id in only:
            tally.add(judge(found))
    return tally


def judge_agreement(session: Session, gateway: SandboxGateway, *, is_told: bool = True) -> Tally:
    """Judge what must hold at any commit: the invariants, and that the gateway's ledger and ours agree.

    Without `is_told` the gateway has something to say yet: the ledgers agree only once it was heard.
    """
    broken = [f"invariant {each.invariant}, {each.title}: {each.facts}" for each in check_all(session)]
    session.commit()
    return Tally(violations=[*broken, *(_disagreements(session, gateway) if is_told else ())])


def _disagreements(session: Session, gateway: SandboxGateway) -> Iterator[str]:
    for each in find_differences(session) or ():
        yield f"{each.reference}: {each.kind} ours {each.ours}, theirs {each.theirs}"
    known = set(session.scalars(select(CheckoutLock.reference)))
    session.commit()
    for reference in sorted({charge.lock_reference for charge in gateway.ledger()} - known):
        yield f"{reference}: charged, but no checkout of ours"


def judge(found: Found) -> Tally:
    """Judge one checkout of a quiet shop."""
    end, problems = _end_of(found)
    told = f"{found.lock.reference} ({found.lock.state}, {found.lock.outcome})"
    return Tally(Counter([end]), [f"{told}: {problem}" for problem in problems])


def _end_of(found: Found) -> tuple[End, list[str]]:
    if found.lock.state == State.COMPLETED:
        return End.COMPLETED, list(_problems_of_sale(found))
    if found.lock.state == State.FAILED:
        return End.UNDONE, list(_problems_of_undoing(found))
    return _problems_of_waiting(found)


def _problems_of_sale(found: Found) -> Iterator[str]:
    paid = [order for order in found.orders if order.status == OrderStatus.PAID]
    captured = [charge for charge in found.charges if charge.captured]
    if len(paid) != 1:
        yield f"{len(paid)} paid orders"
    if len(captured) != 1 and any(order.total for order in paid):
        yield f"captured {len(captured)} times"
    if found.kept != sum(order.total for order in paid):
        yield f"the shopper paid {found.kept}"
    if found.held:
        yield f"{found.held} are still reserved on the card"
    if found.lock.needs_attention is not None:
        yield f"ended, and still asks for a human: {found.lock.needs_attention}"


def _problems_of_undoing(found: Found) -> Iterator[str]:
    if any(order.status != OrderStatus.CANCELLED for order in found.orders):
        yield "undone, with an order"
    if found.kept:
        yield f"undone, and the shopper paid {found.kept}"
    if found.held:
        yield f"undone, and {found.held} are still reserved on the card"
    if found.lock.needs_attention is not None:
        yield f"ended, and still asks for a human: {found.lock.needs_attention}"


def _problems_of_waiting(found: Found) -> tuple[End, list[str]]:
    """A checkout may stay live only for a reason that is written down: no last word yet, or money that cannot be given back."""
    has_open = any(_is_reason(operation) for operation in found.operations)
    is_decided = all(operation.status != OperationStatus.PENDING for operation in found.operations)
    if found.lock.needs_attention is not None:
        return End.ATTENTION, [] if has_open else ["asks for a human without a reason"]
    if has_open and is_decided:
        return End.WAITING, []
    return End.WAITING, ["left lying: nobody drives it, nothing is asked"]


def _is_reason(operation: PaymentOperation) -> bool:
    is_refused_back = operation.status == OperationStatus.REFUSED and operation.kind in _BACKS
    return is_refused_back or not OperationStatus(operation.status).is_resolved


def _find_checkouts(session: Session, gateway: SandboxGateway) -> Iterator[Found]:
    charges: Mapping[str, list[LedgerEntry]] = defaultdict(list)
    for charge in gateway.ledger():
        charges[charge.lock_reference].append(charge)
    orders: Mapping[int, list[Order]] = defaultdict(list)
    operations: Mapping[int, list[PaymentOperation]] = defaultdict(list)
    with Session(session.get_bind()) as reader:
        for order in reader.scalars(select(Order)):
            orders[order.lock_id].append(order)
        for operation in reader.scalars(select(PaymentOperation)):
            operations[operation.lock_id].append(operation)
        for lock in reader.scalars(select(CheckoutLock).order_by(CheckoutLock.id)).all():
            yield Found(lock, orders[lock.id], operations[lock.id], charges[lock.reference])
