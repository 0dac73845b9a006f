"""How far a checkout has come: its seven phases, each done, under way, stopped at, or still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from console.engine.machine import ENDED, EXPIRABLE, UNPAID, Phase, State
from console.web.shared.links import path_if_ours

_NAMES = {
    Phase.CART_VALIDATION: "Check cart",
    Phase.INVENTORY_RESERVATION: "Reserve stock",
    Phase.PRICE_LOCK: "Lock prices",
    Phase.PAYMENT_AUTHORIZATION: "Authorize payment",
    Phase.ORDER_CREATION: "Create order",
    Phase.PAYMENT_CAPTURE: "Take payment",
    Phase.STOCK_COMMIT: "Commit stock",
}
_PHASES = tuple(_NAMES)
_UNDONE = (State.ROLLING_BACK, State.FAILED)


STOP_POLLING = 286  # htmx's own: show this, and ask no more


@dataclass(frozen=True)
class PhaseMark:
    """One phase of a checkout: `mark` is `done`, `current`, `stopped` or `ahead`; `word` says it to people."""

    name: str
    mark: str
    word: str


_WORDS = {"done": "done", "current": "now", "stopped": "stopped here", "ahead": "to come"}


def register(app: Flask) -> None:
    """Give an app's templates what the checkout's widget is made of."""
    app.jinja_env.filters["path_if_ours"] = path_if_ours
    app.jinja_env.globals.update(checkout_progress=progress, checkout_seconds_left=seconds_left, checkout_ended=is_over)


def progress(status: Any) -> list[PhaseMark]:
    """Tell how far a checkout has come, by its `state` and `phase`."""
    state, phase = status["state"], status["phase"]
    words = _WORDS | ({"current": "next"} if state in UNPAID else {})  # nothing goes on before the payment
    return [
        PhaseMark(name, mark, words[mark]) for name, mark in zip(_NAMES.values(), _marks(state, phase), strict=True)
    ]


def _marks(state: str, phase: str | None) -> list[str]:
    if state == State.COMPLETED:
        return ["done"] * len(_PHASES)
    # A checkout that has no phase yet is going to check its cart.
    at = _PHASES.index(Phase(phase)) if phase else 0
    if state == State.LOCKING_PRICES:
        at += 1  # what it holds since its start is locked already
    here = "stopped" if state in _UNDONE else "current"
    return ["done"] * at + [here] + ["ahead"] * (len(_PHASES) - at - 1)


def seconds_left(status: Any) -> int | None:
    """Tell how many seconds a checkout has left, for people to see; None when time no longer counts against it."""
    if status["state"] not in EXPIRABLE:
        return None
    return max(0, int((status["expires_at"] - datetime.now(UTC)).total_seconds()))


def is_over(status: Any) -> bool:
    """Tell whether nothing of a checkout changes any more: it ended, or its time ran out."""
    return status["state"] in (None, *ENDED) or seconds_left(status) == 0
