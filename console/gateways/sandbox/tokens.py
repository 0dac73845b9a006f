"""The one table of test tokens: how the payment behind each of them behaves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from console.engine.machine import OperationKind

_TOKEN = re.compile(r"tok_[A-Za-z0-9_.-]*")
SLOW_SECONDS = 3.0
SETTLING_SECONDS = 2.0
BROKEN_CONNECTION = "the connection broke before the answer arrived"
SERVER_ERROR = "the gateway answered 500"
SILENCE = "the gateway does not answer"


@dataclass(frozen=True)
class Manner:
    """How one kind of operation goes. Calls are counted per idempotency key.

    `refusal` is the code it is refused with. The first `errors_before` calls answer 500 and do nothing.
    `first_answer_lost` is what the caller who had it done hears instead of the answer; `delay_seconds` is
    how long after doing it that caller waits for the answer. With `asks_shopper` it waits for the shopper's word.
    With `settles_after_seconds` it is done so long after its answer, which is that it waits, or the refusal.
    """

    refusal: str | None = None
    asks_shopper: bool = False
    settles_after_seconds: float | None = None
    errors_before: int = 0
    first_answer_lost: str | None = None
    delay_seconds: float = 0.0


AS_USUAL = Manner()


@dataclass(frozen=True)
class Behaviour:
    """How the payment behind one token behaves: per kind of operation where it is unusual.

    A silent one gives no answer to any call about its payment and does nothing.
    """

    manners: dict[OperationKind, Manner] = field(default_factory=dict)
    is_silent: bool = False

    @property
    def asks_shopper(self) -> bool:
        """Tell whether its authorization waits for the shopper."""
        return self.manner(OperationKind.AUTHORIZE).asks_shopper

    @property
    def settles_later(self) -> bool:
        """Tell whether the gateway does something to it by itself, after its answer."""
        return any(manner.settles_after_seconds is not None for manner in self.manners.values())

    def manner(self, kind: OperationKind) -> Manner:
        """Tell how an operation of this kind goes."""
        return self.manners.get(kind, AS_USUAL)


def _authorize(manner: Manner) -> Behaviour:
    return Behaviour({OperationKind.AUTHORIZE: manner})


def _capture(manner: Manner) -> Behaviour:
    return Behaviour({OperationKind.CAPTURE: manner})


def _void(manner: Manner) -> Behaviour:
    return Behaviour({OperationKind.VOID: manner})


def _late_capture(refund: Manner = AS_USUAL) -> Behaviour:
    """Refuse the capture and do it all the same, a little later."""
    late = Manner(refusal="card_declined", settles_after_seconds=SETTLING_SECONDS)
    return Behaviour({OperationKind.CAPTURE: late, OperationKind.REFUND: refund})


APPROVES = Behaviour()  # tok_visa, and every token that the table does not name

BEHAVIOURS = {
    "tok_declined": _authorize(Manner(refusal="card_declined")),
    "tok_insufficient_funds": _authorize(Manner(refusal="insufficient_funds")),
    "tok_capture_declined": _capture(Manner(refusal="card_declined")),
    "tok_slow": _authorize(Manner(delay_seconds=SLOW_SECONDS)),
    "tok_slow_capture": _capture(Manner(delay_seconds=SLOW_SECONDS)),
    "tok_lost_authorize": _authorize(Manner(first_answer_lost=BROKEN_CONNECTION)),
    "tok_lost_capture": _capture(Manner(first_answer_lost=BROKEN_CONNECTION)),
    "tok_lost_void": _void(Manner(first_answer_lost=BROKEN_CONNECTION)),
    "tok_error_authorize": _authorize(Manner(errors_before=2)),
    "tok_error_capture": _capture(Manner(errors_before=2)),
    "tok_error_after_capture": _capture(Manner(first_answer_lost=SERVER_ERROR)),
    "tok_never_answers": Behaviour(is_silent=True),
    "tok_3ds": _authorize(Manner(asks_shopper=True)),
    "tok_async": _capture(Manner(settles_after_seconds=SETTLING_SECONDS)),
    "tok_late_capture": _late_capture(),
    "tok_void_fails_twice": _void(Manner(errors_before=2)),
    "tok_refund_fails_twice": _late_capture(Manner(errors_before=2)),
    "tok_lost_refund": _late_capture(Manner(first_answer_lost=BROKEN_CONNECTION)),
}


def token_problem(token: str | None) -> str | None:
    """Tell why a token cannot be charged at all, as a refusal's code; None when it can."""
    return None if token is not None and _TOKEN.fullmatch(token) else "invalid_token"


def behaviour_of(token: str) -> Behaviour:
    """Tell how the payment behind a token behaves; one that the table does not name approves at once."""
    return BEHAVIOURS.get(token, APPROVES)
