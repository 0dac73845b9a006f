"""What follows what: from a lock's state and its operations' statuses to the driver's next move. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.operations import is_settled


class Move(StrEnum):
    """What a driver does next."""

    AUTHORIZE = OperationKind.AUTHORIZE
    CAPTURE = OperationKind.CAPTURE
    VOID = OperationKind.VOID
    REFUND = OperationKind.REFUND
    ENTER_CAPTURE = "enter_capture"
    COMMIT_STOCK = "commit_stock"
    GO_BACK = "go_back"
    EXPIRE = "expire"
    FINISH = "finish"
    WAIT = "wait"


CALLS = (Move.AUTHORIZE, Move.CAPTURE, Move.VOID, Move.REFUND)
_IN_DOUBT = (OperationStatus.PENDING, OperationStatus.UNKNOWN)


def next_move(state: str, statuses: Mapping[str, str]) -> Move:
    """Tell what follows from a lock's state and the statuses of its operations, by kind."""
    if state == State.AUTHORIZING:
        return _after(statuses[OperationKind.AUTHORIZE], call=Move.AUTHORIZE, success=Move.ENTER_CAPTURE)
    if state == State.CAPTURING:
        return _after(statuses[OperationKind.CAPTURE], call=Move.CAPTURE, success=Move.COMMIT_STOCK)
    if state == State.ROLLING_BACK:
        return _going_back(statuses)
    return Move.WAIT


def _after(status: str, *, call: Move, success: Move) -> Move:
    if status in _IN_DOUBT:
        return call
    return {OperationStatus.SUCCEEDED: success, OperationStatus.REFUSED: Move.GO_BACK}.get(
        OperationStatus(status), Move.WAIT
    )


def _going_back(statuses: Mapping[str, str]) -> Move:
    """Settle the money: first learn what became of the authorization, then give back what there is."""
    for call in (Move.AUTHORIZE, Move.VOID, Move.REFUND):
        if statuses.get(call.value) in _IN_DOUBT:
            return call
    return Move.FINISH if is_settled(statuses) else Move.WAIT
