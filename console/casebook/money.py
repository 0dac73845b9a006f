"""A checkout's money as the gateway sees it, beside our own books. Asks and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, NoAnswer
from console.engine.payments.operations import meaning
from console.engine.runtime import runtime_of
from console.engine.store.database import end_open

log = structlog.get_logger(__name__)


class Agreement(StrEnum):
    """How our books and the gateway's go together."""

    AGREE = "agree"
    DIFFER = "differ"
    AHEAD = "ahead"  # the gateway has its last word, and we have not heard it
    OPEN = "open"  # nobody has
    SILENT = "silent"


@dataclass(frozen=True)
class GatewayView:
    """What the gateway says of one of our operations: None when it knows of none; `silence` when it said nothing."""

    operation: Any
    answer: GatewayAnswer | None = None
    silence: str | None = None

    @property
    def status(self) -> str | None:
        """Give the operation's status in the gateway's eyes; None when it knows of none."""
        return None if self.answer is None else str(meaning(self.answer, kind=self.operation.kind))

    @property
    def verdict(self) -> Agreement:
        """Tell whether it is what our books say."""
        if self.silence is not None:
            return Agreement.SILENT
        if self.operation.resolved_at is None:
            is_known = self.status is not None and OperationStatus(self.status).is_resolved
            return Agreement.AHEAD if is_known else Agreement.OPEN
        is_nothing = self.operation.status == OperationStatus.REFUSED or not self.operation.amount
        if self.answer is None:
            return Agreement.AGREE if is_nothing else Agreement.DIFFER
        is_same = self.status == self.operation.status and (is_nothing or self._is_same_amount(self.answer))
        return Agreement.AGREE if is_same else Agreement.DIFFER

    def _is_same_amount(self, answer: GatewayAnswer) -> bool:
        return (answer.amount_minor, answer.currency) == (self.operation.amount, self.operation.currency)


def ask_of(session: Session, checkout: Checkout) -> list[GatewayView]:
    """Ask the gateway of each operation of a checkout; after a silence no more. No transaction is open meanwhile."""
    end_open(session)
    heard: list[GatewayView] = []
    for operation in checkout.operations:
        silence = heard[-1].silence if heard else None
        if silence is None:
            heard.append(_ask(session, checkout.lock.reference, operation))
        else:
            heard.append(GatewayView(operation, silence=silence))
    return heard


def _ask(session: Session, reference: str, operation: Any) -> GatewayView:
    runtime, kind = runtime_of(session), OperationKind(operation.kind)
    try:
        answer = runtime.gateway.find(reference, kind=kind, timeout_seconds=runtime.config.gateway_timeout_seconds)
    except NoAnswer as silence:
        return GatewayView(operation, silence=str(silence))
    except Exception as error:
        log.exception("gateway_failed", reference=reference, kind=kind)
        return GatewayView(operation, silence=f"its adapter failed: {error}")
    return GatewayView(operation, answer)
