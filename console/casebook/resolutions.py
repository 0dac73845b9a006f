"""What a human's word about a payment would lead to, said for both words before one is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console.engine.machine import OperationKind, OperationStatus, State
from console.wording import money

_ASKED_FIRST = (
    "It is asked first. Its last word is the fact, whatever you say, and a word against it is refused. "
    "Only where it knows nothing, stays silent or speaks of another amount does your word count."
)
_KEPT = "Is kept with your name beside the payment, and compared with the gateway's ledger ever after."
_ENDS_CALL = "Nothing changes in our books; the call for attention ends."
_GIVEN_BACK = "The money counts as given back, and with nothing else open the checkout ends as Failed."
_STILL_HELD = (
    "The money counts as held still: the checkout stays Rolling Back and calls for attention until somebody has given "
    "it back at the gateway and says so here."
)
_LATE = {
    OperationKind.AUTHORIZE: "The money came too late: it is voided at the gateway.",
    OperationKind.CAPTURE: "The money came too late: it is refunded at the gateway.",
}
_HAPPENED = {
    (OperationKind.AUTHORIZE, State.AUTHORIZING): "The order is created and the payment is taken at the gateway.",
    (OperationKind.CAPTURE, State.CAPTURING): "The order is paid, its stock leaves, the checkout is Completed.",
}
_DID_NOT = {
    (OperationKind.AUTHORIZE, State.AUTHORIZING): "The checkout ends as declined; cart and stock are free.",
    (OperationKind.CAPTURE, State.CAPTURING): (
        "The checkout goes back as declined: the order is cancelled, cart and stock are free, the authorization is "
        "voided. Should the capture show up later, it is refunded."
    ),
}


@dataclass(frozen=True)
class Effect:
    """What becomes of one thing."""

    subject: str
    text: str


def words_and_what_follows(lock: Any, doubts: Sequence[Any]) -> list[Effect]:
    """Say what follows from either word about each operation in doubt."""
    found = [Effect("Gateway", _ASKED_FIRST)]
    for operation in doubts:
        noun, amount = OperationKind(operation.kind).noun, money(operation.amount, operation.currency)
        found += [
            Effect(f"If the {noun} of {amount} happened", _if_it_happened(lock, operation)),
            Effect(f"If the {noun} did not happen", _if_it_did_not(lock, operation)),
        ]
    return [*found, Effect("Your word", _KEPT)]


def _if_it_happened(lock: Any, operation: Any) -> str:
    if operation.status == OperationStatus.SUCCEEDED:
        return _ENDS_CALL
    if operation.kind in (OperationKind.VOID, OperationKind.REFUND):
        return _GIVEN_BACK
    return _HAPPENED.get((operation.kind, lock.state), _LATE[operation.kind])


def _if_it_did_not(lock: Any, operation: Any) -> str:
    if operation.status == OperationStatus.SUCCEEDED:
        return "Is refused: our books have the gateway's word that it happened."
    if operation.kind in (OperationKind.VOID, OperationKind.REFUND):
        return "Is known already, and settles nothing." if operation.resolved_at else _STILL_HELD
    if operation.resolved_at is not None:
        return _ENDS_CALL
    return _DID_NOT.get((operation.kind, lock.state), "No money is held; with nothing else open it ends as Failed.")
