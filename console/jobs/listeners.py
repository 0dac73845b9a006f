"""Listeners: functions of the shop that are told of events, in the worker, with retries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from console.engine.store.signals import BY_TOPIC


@dataclass(frozen=True)
class Event:
    """Something that became true of a checkout; `attempts` counts this delivery too, 1 is the first.

    It is delivered at least once: a listener that must not act twice remembers the `id`.
    """

    id: int
    lock_id: int
    topic: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int


Listener = TypeVar("Listener", bound=Callable[[Event], object])

_listeners: dict[str, list[Callable[[Event], object]]] = {}


def on(topic: str) -> Callable[[Listener], Listener]:
    """Have a function called with each event of a topic, in an app context, in order per checkout.

    What it raises is recorded, and the event is delivered again later; so it is when the call takes over a minute.

    Raises:
        ValueError: when there is no such topic.
    """
    if topic not in BY_TOPIC:
        raise ValueError(f"there is no topic {topic!r}; there are {', '.join(BY_TOPIC)}")

    def register(listener: Listener) -> Listener:
        _listeners.setdefault(topic, []).append(listener)
        return listener

    return register


def listeners_of(topic: str) -> tuple[Callable[[Event], object], ...]:
    """Give the listeners of a topic, in the order of their registration."""
    return tuple(_listeners.get(topic, ()))


def heard_topics() -> tuple[str, ...]:
    """Name the topics that have a listener."""
    return tuple(_listeners)
