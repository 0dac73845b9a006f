"""The console's template filters, and who may see what: how it writes times, money and words for people."""

from __future__ import annotations

from flask import Flask

from console.engine.cart.addresses import postal_lines
from console.engine.machine import STATE_NAMES, OperationKind, State
from console.telemetry.statistics import CACHE_HIT_TARGET, DURATION_TARGET_SECONDS, SUCCESS_RATE_TARGET
from console.web.shared.roles import may
from console.wording import ago, duration, exact, lasting, money, words


def register(app: Flask) -> None:
    """Give an app's templates these filters, the targets, and the question who may do what."""
    app.jinja_env.filters.update(
        ago=ago,
        duration=duration,
        exact=exact,
        money=money,
        lasting=lasting,
        noun=noun,
        postal_lines=postal_lines,
        state_name=state_name,
        words=words,
    )
    app.jinja_env.globals.update(
        may=may,
        success_rate_target=SUCCESS_RATE_TARGET,
        duration_target_seconds=DURATION_TARGET_SECONDS,
        cache_hit_target=CACHE_HIT_TARGET,
    )


def state_name(state: str) -> str:
    """Give the display name of a state."""
    return STATE_NAMES[State(state)]


def noun(kind: str) -> str:
    """Name a kind of payment operation as people do."""
    return OperationKind(kind).noun
