"""A checkout's money as the gateway sees it, beside our own books. Asks and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy.orm import Session

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, NoAnswer
from console.engine.payments.operations import meaning
from console.engine.runtime import runtime_of
from console.monitoring.checkouts import Checkout

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    """How our books and the gateway's go together."""

    AGREE = "agree"
    DIFFER = "differ"
    AHEAD = "ahead"  # the gateway has its last word, and we have not heard it
    OPEN = "open"  # nobody has
    SILENT = "silent"


@dataclass(frozen=True)
class Heard:
    """What the gateway says of one of our operations: None when it knows of none; `silence` when it said nothing."""

    operation: Any
    answer: GatewayAnswer | None = None
    silence: str | None = None

    @property
    def status(self) -> str | None:
        """Give the operation's status in the gateway's eyes; None when it knows of none."""
        return None if self.answer is None else str(meaning(self.answer, kind=self.operation.kind))

    @property
    def verdict(self) -> Verdict:
        """Tell whether it is what our books say."""
        if self.silence is not None:
            return Verdict.SILENT
        if self.operation.resolved_at is None:
            is_known = self.status is not None and OperationStatus(self.status).is_resolved
            return Verdict.AHEAD if is_known else Verdict.OPEN
        is_nothing = self.operation.status == OperationStatus.REFUSED or not self.operation.amount
        if self.answer is None:
            return Verdict.AGREE if is_nothing else Verdict.DIFFER
        is_same = self.status == self.operation.status and (is_nothing or self._is_same_amount(self.answer))
        return Verdict.AGREE if is_same else Verdict.DIFFER

    def _is_same_amount(self, answer: GatewayAnswer) -> bool:
        return (answer.amount_minor, answer.currency) == (self.operation.amount, self.operation.currency)


def ask_of(session: Session, checkout: Checkout) -> list[Heard]:
    """Ask the gateway of each operation of a checkout; after a silence no more. No transaction is open meanwhile."""
    session.commit()
    return list(_ask_each(session, checkout))


def _ask_each(session: Session, checkout: Checkout) -> Iterator[Heard]:
    silence: str | None = None
    for operation in checkout.operations:
        answer = None
        if silence is None:
            try:
                answer = _ask(session, checkout.lock.reference, OperationKind(operation.kind))
            except NoAnswer as error:
                silence = str(error)
            except Exception as error:
                log.exception("gateway_failed", reference=checkout.lock.reference, kind=operation.kind)
                silence = f"its adapter failed: {error}"
        yield Heard(operation, answer, silence)


def _ask(session: Session, reference: str, kind: OperationKind) -> GatewayAnswer | None:
    runtime = runtime_of(session)
    return runtime.gateway.find(reference, kind=kind, timeout_seconds=runtime.config.gateway_timeout_seconds)
