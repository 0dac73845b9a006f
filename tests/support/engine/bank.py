"""A bank with a ledger of its own and moods: what a real gateway may do to us, chosen call by call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, LedgerEntry, NoAnswer

_FIELDS = {"authorize": "authorized", "capture": "captured", "void": "voided", "refund": "refunded"}


class Killed(BaseException):
    """The process that drove the checkout is dead; nothing of it runs on."""


class Mood(StrEnum):
    """How one call goes. REFUSE and WAIT count for authorize and capture; a void or refund is then done at once."""

    DO = "do"
    LOSE = "lose"  # do it, and lose the answer
    IGNORE = "ignore"  # neither do it nor answer
    REFUSE = "refuse"
    WAIT = "wait"
    DIE_BEFORE = "die_before"
    DIE_AFTER = "die_after"


@dataclass
class Charge:
    """What the bank's own ledger has of one checkout; amounts in minor units."""

    currency: str
    authorized: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0


class Bank:
    """A `PaymentGateway` that honours keys. `told` is every answer it ever gave, to be told again by webhook.

    `moods` holds for the calls to come, one each; `meanwhile` happens once, between the next deed and its answer.
    `on_request` looks at what was asked, before anything is done.
    """

    name = "bank"

    def __init__(self) -> None:
        self.charges: dict[str, Charge] = {}
        self.told: list[tuple[str, str, GatewayAnswer]] = []
        self.moods: deque[Mood] = deque()
        self.meanwhile: Callable[[], Any] | None = None
        self.on_request: Callable[[GatewayRequest], Any] = lambda request: None
        self._by_key: dict[str, GatewayAnswer] = {}
        self._latest: dict[tuple[str, str], GatewayAnswer] = {}
        self._asked: dict[tuple[str, str], GatewayRequest] = {}

    def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Do what is asked, in the mood of the moment."""
        self.on_request(request)
        mood = self.moods.popleft() if self.moods else Mood.DO
        if mood == Mood.DIE_BEFORE:
            raise Killed
        answer = None if mood == Mood.IGNORE else self._by_key.get(request.idempotency_key) or self._do(request, mood)
        if self.meanwhile is not None:
            deed, self.meanwhile = self.meanwhile, None
            deed()
        if mood == Mood.DIE_AFTER:
            raise Killed
        if answer is None or mood == Mood.LOSE:
            raise NoAnswer(mood)
        return answer

    capture = void = refund = authorize

    def find(self, reference: str, *, kind: OperationKind, timeout_seconds: float) -> GatewayAnswer | None:
        """Tell what became of an operation, or stay silent."""
        mood = self.moods.popleft() if self.moods else Mood.DO
        if mood in (Mood.IGNORE, Mood.LOSE):
            raise NoAnswer(mood)
        return self._latest.get((reference, kind))

    def latest(self, reference: str, kind: str) -> GatewayAnswer | None:
        """Give the last thing it said of an operation, as it knows it itself."""
        return self._latest.get((reference, kind))

    def ledger(self) -> list[LedgerEntry]:
        """List the payments on which anything moved."""
        return [
            LedgerEntry(f"py_{reference}", reference, **vars(charge), status="")
            for reference, charge in self.charges.items()
        ]

    def waiting(self) -> list[tuple[str, str]]:
        """List what waits for the shopper or for the bank itself."""
        return [place for place, answer in self._latest.items() if answer.status == OperationStatus.WAITING]

    def settle(self, place: tuple[str, str], *, is_approved: bool) -> None:
        """End what waits."""
        request = self._asked[place]
        if is_approved:
            self._succeed(request)
        else:
            self._tell(request, OperationStatus.REFUSED, code="card_declined")

    def capture_late(self) -> None:
        """Take the money after all where a capture was refused, even though it was voided meanwhile."""
        for (reference, kind), answer in list(self._latest.items()):
            if (kind, answer.code) == ("capture", "card_declined"):
                self._succeed(self._asked[reference, kind])

    def _do(self, request: GatewayRequest, mood: Mood) -> GatewayAnswer:
        self._asked[request.reference, request.kind] = request
        code = self._problem(request)
        if code:
            said = self._tell(request, OperationStatus.REFUSED, code=code)
        elif mood == Mood.REFUSE and request.kind in ("authorize", "capture"):
            said = self._tell(request, OperationStatus.REFUSED, code="card_declined")
        elif mood == Mood.WAIT and request.kind in ("authorize", "capture"):
            said = self._tell(request, OperationStatus.WAITING)
        else:
            said = self._succeed(request)
        self._by_key[request.idempotency_key] = said
        return said

    def _problem(self, request: GatewayRequest) -> str | None:
        charge = self.charges.get(request.reference, Charge(request.currency))
        is_waiting = (request.reference, "authorize") in self.waiting()
        if request.kind == OperationKind.AUTHORIZE:
            return None
        if request.kind == OperationKind.REFUND:
            return "already_refunded" if charge.refunded else None if charge.captured else "not_captured"
        if charge.captured:
            return "already_captured"
        if charge.voided:
            return "already_voided"
        return None if charge.authorized or (is_waiting and request.kind == OperationKind.VOID) else "not_authorized"

    def _succeed(self, request: GatewayRequest) -> GatewayAnswer:
        charge = self.charges.setdefault(request.reference, Charge(request.currency))
        setattr(charge, _FIELDS[request.kind], request.amount_minor)
        authorize = (request.reference, "authorize")
        if request.kind == OperationKind.VOID and authorize in self.waiting():
            self._tell(self._asked[authorize], OperationStatus.REFUSED, code="voided")
        return self._tell(request, OperationStatus.SUCCEEDED)

    def _tell(self, request: GatewayRequest, status: OperationStatus, **facts: Any) -> GatewayAnswer:
        action = {"type": "redirect", "url": "https://bank.example/3ds"} if status == OperationStatus.WAITING else None
        amount, currency = request.amount_minor, request.currency
        said = GatewayAnswer(status, f"py_{request.reference}", amount, currency, next_action=action, **facts)
        self._latest[request.reference, request.kind] = said
        self.told.append((request.reference, request.kind, said))
        return said
