"""A scheduler that runs transactions of several connections step by step, in every order there is; PostgreSQL only.

An actor is a thread with a session of its own. It stops before each of its steps: a statement that reads or updates a
watched table, a commit or a rollback. The scheduler lets one actor make one step, waits until everybody stands still,
and goes on. An actor that the database makes wait for a row is blocked: it is no choice until its row is free, and
then goes on by itself to its next step. All other statements belong to the step before them.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

STANDSTILL_SECONDS = 20.0
_POLL_SECONDS = 0.001
_BLOCKED = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")
_READS = re.compile(r"SELECT.*\bFROM (\w+)", re.DOTALL)
_UPDATES = re.compile(r"UPDATE (\w+)")

Job = Callable[[Session], str]


@dataclass
class Actor:
    """One thread of the play, what it waits to do, and how it ended."""

    name: str
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    pid: int = 0
    step: str | None = None  # what it stands before
    result: Any = None
    is_done: bool = False


@dataclass(frozen=True)
class Played:
    """One interleaving: its steps, how each actor ended, and where there was a choice (of how many, which)."""

    steps: tuple[str, ...]
    results: Mapping[str, Any]
    choices: tuple[tuple[int, int], ...]


class Stage:
    """Where actors play on one database. `on_commit` is called whenever a commit was made and all stand still."""

    def __init__(self, database: Engine, *, watched: frozenset[str], on_commit: Callable[[], None]) -> None:
        """Set up; `watched` steps are spelt `select checkout_locks`, `update carts`, `commit` or `rollback`."""
        self._database = database
        self._watched = watched
        self._on_commit = on_commit
        self._here = threading.local()
        event.listen(database, "before_cursor_execute", self._before_statement)
        event.listen(database, "commit", lambda connection: self._stop(connection, "commit"))
        event.listen(database, "rollback", lambda connection: self._stop(connection, "rollback"))

    def play(self, jobs: Mapping[str, Job], *, prefix: tuple[int, ...] = ()) -> Played:
        """Play one interleaving: the choices of the prefix first, the first actor who can from there on."""
        actors = [Actor(name) for name in jobs]
        threads = [threading.Thread(target=self._act, args=(actor, jobs[actor.name]), daemon=True) for actor in actors]
        for thread in threads:
            thread.start()
        steps: list[str] = []
        choices: list[tuple[int, int]] = []
        with self._database.connect().execution_options(isolation_level="AUTOCOMMIT") as monitor:
            while able := self._stand_still(actors, monitor):
                chosen = prefix[len(choices)] if len(choices) < len(prefix) else 0
                choices.append((len(able), chosen))
                actor = able[chosen]
                made = f"{actor.name}: {actor.step}"
                steps.append(made)
                actor.step = None
                actor.turn.release()
                if made.endswith(": commit"):
                    self._stand_still(actors, monitor)
                    self._on_commit()
        for thread in threads:
            thread.join(STANDSTILL_SECONDS)
        return Played(tuple(steps), {actor.name: actor.result for actor in actors}, tuple(choices))

    def play_all(self, jobs: Callable[[], Mapping[str, Job]]) -> Iterator[Played]:
        """Play every interleaving, each with jobs of its own, depth first."""
        prefix: tuple[int, ...] | None = ()
        while prefix is not None:
            played = self.play(jobs(), prefix=prefix)
            yield played
            prefix = _next_prefix(played.choices)

    def _act(self, actor: Actor, job: Job) -> None:
        self._here.actor = actor
        try:
            with Session(self._database, expire_on_commit=False) as session:
                actor.result = job(session)
        except BaseException as error:  # noqa: BLE001 - told to the test
            actor.result = error
        actor.is_done = True

    def _before_statement(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        for verb, pattern in (("select", _READS), ("update", _UPDATES)):
            if found := pattern.match(statement):
                self._stop(connection, f"{verb} {found[1]}")

    def _stop(self, connection: Connection, step: str) -> None:
        actor = getattr(self._here, "actor", None)
        if actor is None:
            return
        actor.pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        if step not in self._watched:
            return
        actor.step = step
        if not actor.turn.acquire(timeout=STANDSTILL_SECONDS):
            raise TimeoutError(f"{actor.name} was never let do its {step}")

    def _stand_still(self, actors: list[Actor], monitor: Connection) -> list[Actor]:
        """Wait until each actor stands before a step, is done, or is blocked; give those who can make a step."""
        deadline = time.monotonic() + STANDSTILL_SECONDS
        while time.monotonic() < deadline:
            moving = [actor for actor in actors if actor.step is None and not actor.is_done]
            if all(self._is_blocked(actor, monitor) for actor in moving):
                able = [actor for actor in actors if actor.step is not None]
                assert able or not moving, f"a deadlock of {[actor.name for actor in moving]}"
                return able
            time.sleep(_POLL_SECONDS)
        raise TimeoutError("the actors never stood still")

    def _is_blocked(self, actor: Actor, monitor: Connection) -> bool:
        return bool(actor.pid) and bool(monitor.scalar(_BLOCKED, {"pid": actor.pid}))


def _next_prefix(choices: tuple[tuple[int, int], ...]) -> tuple[int, ...] | None:
    """Give the choices that lead to the next interleaving, depth first; None after the last one."""
    for place in range(len(choices) - 1, -1, -1):
        options, chosen = choices[place]
        if chosen + 1 < options:
            return (*(earlier for _, earlier in choices[:place]), chosen + 1)
    return None
