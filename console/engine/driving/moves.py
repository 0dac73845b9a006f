"""What follows what: from a lock's state and its operations' statuses to the driver's next move. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


def next_move(
    state: str, statuses: Mapping[str, str], *, may_ask: Collection[str] = (), silent: Collection[str] = ()
) -> Move:
    """Tell what follows from a lock's state and the statuses of its operations, by kind.

    `may_ask` are the kinds of waiting operations that the gateway may be asked about, since a webhook can be lost;
    about those in `silent` it was just asked in vain, and their next try is not due.
    """
    open_statuses = {
        kind: status for kind, status in statuses.items() if kind not in silent and _is_to_call(kind, status, may_ask)
    }
    if state == State.AUTHORIZING:
        call = Move.AUTHORIZE if OperationKind.AUTHORIZE in open_statuses else None
        return call or _after(statuses[OperationKind.AUTHORIZE], success=Move.ENTER_CAPTURE)
    if state == State.CAPTURING:
        call = Move.CAPTURE if OperationKind.CAPTURE in open_statuses else None
        return call or _after(statuses[OperationKind.CAPTURE], success=Move.COMMIT_STOCK)
    if state == State.ROLLING_BACK:
        return _going_back(statuses, open_statuses)
    return Move.WAIT


def _is_to_call(kind: str, status: str, may_ask: Collection[str]) -> bool:
    return status in _IN_DOUBT or (status == OperationStatus.WAITING and kind in may_ask)


def _after(status: str, *, success: Move) -> Move:
    ends = {OperationStatus.SUCCEEDED: success, OperationStatus.REFUSED: Move.GO_BACK}
    return ends.get(OperationStatus(status), Move.WAIT)


def _going_back(statuses: Mapping[str, str], to_call: Mapping[str, str]) -> Move:
    """Settle the money: first learn what became of the authorization, then give back what there is.

    What waits is asked about last: its void may have made that needless.
    """
    for waits in (False, True):
        for call in (Move.AUTHORIZE, Move.VOID, Move.REFUND):
            if call.value in to_call and (to_call[call.value] == OperationStatus.WAITING) == waits:
                return call
    return Move.FINISH if is_settled(statuses) else Move.WAIT
