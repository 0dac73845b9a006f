"""The console's template filters, and who may see what: how it writes times, money and words for people."""

from __future__ import annotations

from flask import Flask

from console.engine.machine import STATE_NAMES, OperationKind, State
from console.monitoring.wording import ago, duration, exact, lasting, money, words
from console.web.admin.roles import may


def register(app: Flask) -> None:
    """Give an app's templates these filters, and the question who may do what."""
    app.jinja_env.filters.update(
        ago=ago,
        duration=duration,
        exact=exact,
        money=money,
        lasting=lasting,
        noun=noun,
        state_name=state_name,
        words=words,
    )
    app.jinja_env.globals["may"] = may


def state_name(state: str) -> str:
    """Give the display name of a state."""
    return STATE_NAMES[State(state)]


def noun(kind: str) -> str:
    """Name a kind of payment operation as people do."""
    return OperationKind(kind).noun
