"""Troubles that befall a running shop: processes killed, connections cut, its database restarted, its Redis gone."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.campaign.chaos.services import Postgresql, Redis
from tests.campaign.chaos.site import Site


def _nothing() -> None:
    """Leave things as they are."""


@dataclass(frozen=True)
class Trouble:
    """Something that strikes every `pause_seconds` or so, by random; `end` makes good what it left behind.

    `answers` are the errors that shoppers may be told of because of it; 503 asks them to try again.
    """

    title: str
    strike: Callable[[], None]
    pause_seconds: tuple[float, float]
    end: Callable[[], None] = _nothing
    answers: tuple[str, ...] = ()


def kill_processes(site: Site, dice: random.Random) -> Trouble:
    """Kill web workers, and now and then the worker."""

    def strike() -> None:
        if dice.random() < 0.3:
            site.kill_worker()
        else:
            site.kill_web_worker(dice)

    return Trouble("web workers and worker killed", strike, pause_seconds=(0.7, 3.0))


def cut_connections(cluster: Postgresql) -> Trouble:
    """Cut off half of what is connected to the database."""
    return Trouble(
        "database connections cut",
        lambda: cluster.cut_connections(0.5),
        pause_seconds=(0.05, 0.6),
        answers=("503 database_unavailable",),
    )


def restart_database(cluster: Postgresql, dice: random.Random) -> Trouble:
    """Restart the database, or let it crash and come back."""
    return Trouble(
        "database restarted and crashed",
        lambda: cluster.restart(is_crash=dice.random() < 0.5),
        pause_seconds=(2.0, 5.0),
        answers=("503 database_unavailable",),
    )


def lose_redis(redis: Redis) -> Trouble:
    """Let Redis go, and come back; nobody should notice."""
    is_there = [True]

    def strike() -> None:
        is_there[0] = not is_there[0]
        if is_there[0]:
            redis.start()
        else:
            redis.kill()

    def end() -> None:
        if not is_there[0]:
            redis.start()

    return Trouble("Redis gone and back", strike, pause_seconds=(1.0, 3.0), end=end)
