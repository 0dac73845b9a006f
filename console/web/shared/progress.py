"""How far a checkout has come: its seven phases, each done, under way, stopped at, to come or not reached."""

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
PACE_SECONDS = 5
SLOW_PACE_SECONDS = 15  # once nothing is left to the shopper: a sweep or a void may take minutes


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
    app.jinja_env.globals.update(
        checkout_progress=progress,
        checkout_seconds_left=seconds_left,
        checkout_pace_seconds=pace_seconds,
        checkout_stage=stage,
        as_of=as_of,
    )


def progress(status: Any) -> list[PhaseMark]:
    """Tell how far a checkout has come, by its `state` and `phase`."""
    state, phase = status["state"], status["phase"]
    words = _WORDS | ({"current": "next"} if state in UNPAID else {})  # nothing goes on before the payment
    words |= {"ahead": "not reached"} if state in _UNDONE else {}
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


def as_of() -> str:
    """Tell what time it is, for what is shown and does not move by itself."""
    return datetime.now(UTC).strftime("%H:%M:%S UTC")


def is_over(status: Any) -> bool:
    """Tell whether nothing of a checkout changes any more: it ended. A due one still waits to be undone."""
    return status["state"] in (None, *ENDED)


def pace_seconds(status: Any) -> int | None:
    """Tell how often a page asks how a checkout stands, in seconds; None once it is over."""
    if is_over(status):
        return None
    return SLOW_PACE_SECONDS if status["state"] == State.ROLLING_BACK or seconds_left(status) == 0 else PACE_SECONDS


def stage(status: Any) -> str:
    """Name what the page around a checkout depends on; when it is another, so must the page be."""
    facts = {"due": seconds_left(status) == 0, "resumable": status["can_resume"], "asked": status["next_action"]}
    return " ".join([status["state"] or "none", *(name for name, is_so in facts.items() if is_so)])
