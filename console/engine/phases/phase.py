"""What the phases of one leg share: a leg is one database transaction (docs/engine.md, "Phases and legs")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.errors import Ended
from console.engine.inventory import Allocation, take_stock
from console.engine.machine import Phase, StepStatus
from console.engine.payments.operations import Operations
from console.engine.record.history import History


@dataclass(frozen=True)
class Payment:
    """How the shopper pays: `method` is `card`, `paypal` or `bank_transfer`, `token` what the gateway knows it by."""

    method: str
    token: str = field(repr=False)


@dataclass
class Leg:
    """One transaction's worth of phases, forwards or back.

    `expected_total` is what the shopper was shown, in minor units, where they said so; `rows_held` tells the
    reservation to lock the stock rows, `to_take` is what it reserved and nobody took yet; `lines` is what validation
    read for the phases after it; `amount_due` is the frozen total in minor units, and its currency, once a phase of
    this leg knows it; `detail` is what the phase under way has to say of itself in the history; `written` are the
    operations written in this leg, `known` those from before that it looked at; `paid_order` is the order once this leg
    has it paid.
    """

    session: Session
    lock: Row[Any]
    history: History
    cart: Row[Any] | None = None
    payment: Payment | None = None
    expected_total: int | None = None
    rows_held: bool = False
    to_take: Sequence[Allocation] = ()
    lines: Sequence[Row[Any]] = ()
    amount_due: tuple[int, str] | None = None
    detail: dict[str, Any] | None = None
    written: list[Row[Any]] = field(default_factory=list)
    known: Operations = field(default_factory=dict)
    paid_order: Row[Any] | None = None

    def take_stock(self) -> None:
        """Take what is reserved, once: at the end of the leg, or before a row that comes later in the row order.

        Raises:
            StockMoved: when it is not there any more.
        """
        allocations, self.to_take = self.to_take, ()
        take_stock(self.session, allocations)


class PhaseModule(Protocol):
    """What a phase's file offers."""

    PHASE: Phase

    def run(self, leg: Leg) -> StepStatus:
        """Do the phase; STARTED when a gateway call has to end it. Caller commits."""

    def compensate(self, leg: Leg) -> StepStatus | None:
        """Undo the phase; None when there is nothing to undo. Caller commits."""


def run_phases(leg: Leg, phases: Sequence[PhaseModule]) -> None:
    """Run phases in their order, noting each in the history. Caller commits.

    Raises:
        Ended: what a phase refused, its `phase` set; the history holds the evidence.
    """
    for phase in phases:
        began = leg.history.now()
        try:
            status = phase.run(leg)
        except Ended as refusal:
            refusal.phase = phase.PHASE
            leg.history.note(phase.PHASE, StepStatus.FAILED, started_at=began, detail=refusal.context)
            raise
        leg.history.note(phase.PHASE, status, started_at=began, detail=leg.detail)
        leg.detail = None


def compensate_phases(leg: Leg, phases: Sequence[PhaseModule]) -> None:
    """Undo phases, noting each in the history. Caller commits."""
    for phase in phases:
        began = leg.history.now()
        status = phase.compensate(leg)
        if status is not None:
            leg.history.note(phase.PHASE, status, started_at=began)
