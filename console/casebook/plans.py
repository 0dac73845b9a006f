"""What an action would do to a checkout, said before it is done: to cart, stock, payment, order, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.casebook.resolutions import Effect, words_and_what_follows
from console.casebook.situation import is_driven
from console.engine.driving.locks import was_due
from console.engine.driving.moves import Move, next_move
from console.engine.machine import UNPAID, OperationKind, OperationStatus, Outcome, State
from console.engine.staff.allowed import Action, resolvable, why_not
from console.wording import counted, exact, money

_OPEN_STOCK = ("held", "pinned")
_MOVES = {
    Move.ENTER_CAPTURE: "The payment is authorized: the order is created and the payment is taken.",
    Move.COMMIT_STOCK: "The payment is taken: the order is paid and the stock leaves.",
    Move.GO_BACK: "The payment was refused: everything is given back and the checkout ends as declined.",
    Move.FINISH: "The money is settled: the checkout ends as failed.",
    Move.WAIT: "Nothing can be sent: it waits for the shopper or the gateway, or for somebody to settle it there.",
}


@dataclass(frozen=True)
class Plan:
    """What an action would do; `refusal` says why it is not allowed, and then nothing would happen."""

    action: Action
    refusal: str | None
    effects: Sequence[Effect]


@dataclass(frozen=True)
class Holdings:
    """A checkout with what a plan needs to know of it: its row, operations by kind, reservations, coupon code."""

    lock: Any
    operations: Mapping[str, Any]
    reservations: Sequence[Any]
    coupon_code: str | None
    now: datetime

    @property
    def is_due(self) -> bool:
        """Tell whether its time has run out."""
        return was_due(self.lock, now=self.now)

    @property
    def doubts(self) -> Sequence[Any]:
        """Give the operations about which a human's word is wanted."""
        return resolvable(self.lock, self.operations)


def plan(action: Action, holdings: Holdings) -> Plan:
    """Plan an action on a checkout as it is now. Reads and changes nothing."""
    is_in_doubt = bool(holdings.doubts)
    refusal = why_not(action, holdings.lock.state, is_due=holdings.is_due, is_in_doubt=is_in_doubt)
    return Plan(action, refusal, () if refusal else _EFFECTS[action](holdings))


def _undone(holdings: Holdings, outcome: Outcome) -> list[Effect]:
    lock = holdings.lock
    is_final = lock.state in UNPAID or _status(holdings, OperationKind.AUTHORIZE) == OperationStatus.REFUSED
    ends = "ends at once as Failed" if is_final else "is Rolling Back until its money is settled, then Failed"
    found = [
        Effect("Checkout", f"It {ends}, with the outcome “{outcome}”."),
        Effect("Cart", f"Cart {lock.cart_id} is free: the shopper can change it and start again."),
        Effect("Stock", _stock(holdings)),
        Effect("Payment", _money_back(holdings)),
        Effect("Order", "None exists yet, so none is touched."),
    ]
    if holdings.coupon_code:
        found.insert(3, Effect("Coupon", f"The use of {holdings.coupon_code} is given back."))
    return found


def _stock(holdings: Holdings) -> str:
    held = [each for each in holdings.reservations if each.status in _OPEN_STOCK]
    if not held:
        return "None is held, so none is given back."
    pieces = sum(each.quantity for each in held)
    skus = ", ".join(sorted({each.sku for each in held})[:5])
    return f"{counted(pieces, 'piece')} of {counted(len({each.sku for each in held}), 'SKU')} go back on sale: {skus}."


def _money_back(holdings: Holdings) -> str:
    authorize = holdings.operations.get(OperationKind.AUTHORIZE)
    if authorize is None:
        return "None was asked for, so nothing is owed."
    amount = money(authorize.amount, authorize.currency)
    if authorize.status == OperationStatus.REFUSED:
        return "The gateway refused it, so nothing is owed."
    if authorize.status in (OperationStatus.SUCCEEDED, OperationStatus.WAITING):
        return f"The authorization of {amount} is voided at the gateway, now or as soon as it answers."
    return f"Whether {amount} were authorized is not known; if they were, they are voided as soon as that is known."


def _status(holdings: Holdings, kind: OperationKind) -> str | None:
    operation = holdings.operations.get(kind)
    return operation.status if operation else None


def _released(holdings: Holdings) -> list[Effect]:
    told = Effect("Shopper", "Is told that the shop ended this checkout. Your reason stays with us.")
    return [*_undone(holdings, Outcome.RELEASED), told]


def _expired(holdings: Holdings) -> list[Effect]:
    told = Effect("Shopper", "Is told that the shop ended the time for this checkout. Your reason stays with us.")
    return [*_undone(holdings, Outcome.EXPIRED), told]


def _extended(holdings: Holdings) -> list[Effect]:
    deadline = exact(holdings.lock.expires_at)
    return [
        Effect("Deadline", f"It moves from {deadline} to the number of minutes from now that you give."),
        Effect("Everything else", "Stays as it is: cart, stock and prices remain held until then."),
    ]


def _retried(holdings: Holdings) -> list[Effect]:
    return [
        Effect("Checkout", _retry(holdings)),
        Effect("The next try by itself", "Stays when it is: yours comes besides."),
        Effect("Everything else", "Stays as it is until the gateway answers."),
    ]


def _retry(holdings: Holdings) -> str:
    lock = holdings.lock
    if is_driven(lock, now=holdings.now):
        return "Somebody is driving it right now: unless they are done when you confirm, you are told to wait."
    if holdings.is_due:
        return "Its time has run out: it is expired now instead of at the next sweep, and everything is given back."
    statuses = {kind: operation.status for kind, operation in holdings.operations.items()}
    move = next_move(lock.state, statuses, may_ask=statuses)
    if move in _MOVES:
        return _MOVES[move]
    operation = holdings.operations[move.value]
    amount = money(operation.amount, operation.currency)
    ask = f"The gateway is asked now what became of the {OperationKind(operation.kind).noun} of {amount}"
    resend = "and unless it knows, the same request is sent again under the same key, which cannot act twice"
    if operation.status == OperationStatus.WAITING:
        return f"{ask}; if it has its last word, the checkout goes on from there."
    back = " Money that may no longer be taken goes back." if lock.state == State.ROLLING_BACK else ""
    return f"{ask}, {resend}; then the checkout goes on from the answer.{back}"


def _resolved(holdings: Holdings) -> list[Effect]:
    return words_and_what_follows(holdings.lock, holdings.doubts)


_EFFECTS = {
    Action.RELEASE: _released,
    Action.EXPIRE: _expired,
    Action.EXTEND: _extended,
    Action.RETRY: _retried,
    Action.RESOLVE: _resolved,
}
