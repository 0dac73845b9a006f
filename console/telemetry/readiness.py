"""Whether this process can serve: asked of the database in the background, so that no answer waits for it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from console.engine.store.database import create_database
from console.settings import Settings
from console.telemetry.schema import find_trouble, own_revision


@dataclass(frozen=True)
class Readiness:
    """Whether the database is reachable and has a schema that this version works with; in words, what is wrong."""

    is_ready: bool
    message: str


SILENT = Readiness(is_ready=False, message="the database does not answer")


class ReadinessProbe:
    """Asks a check again and again in a thread of its own; answers from the last result.

    The thread starts with the first question in a process, a forked one too, and ends when nobody asked for
    `idle_seconds`. It opens the check for itself alone, as a context manager. A result older than `stale_seconds`
    means that the check hangs. Only the first question waits for a result, at most `patience_seconds`.
    """

    def __init__(
        self,
        open_check: Callable[[], AbstractContextManager[Callable[[], Readiness]]],
        *,
        interval_seconds: float = 1.0,
        stale_seconds: float = 3.0,
        patience_seconds: float = 0.7,
        idle_seconds: float = 60.0,
    ) -> None:
        self._open_check = open_check
        self._interval = interval_seconds
        self._stale = stale_seconds
        self._patience = patience_seconds
        self._idle = idle_seconds
        self._changed = threading.Condition()
        self._forget()

    def answer(self) -> Readiness:
        """Say what the last check found, within a second even when the check hangs."""
        with self._changed:
            if self._process != os.getpid():
                self._forget()  # the thread did not come along through the fork
            self._asked_at = time.monotonic()
            self._start_thread()
            self._changed.wait_for(self._is_fresh, timeout=self._started_at + self._patience - self._asked_at)
            return self._result if self._is_fresh() else SILENT

    def _forget(self) -> None:
        self._process = os.getpid()
        self._thread: threading.Thread | None = None
        self._result = SILENT
        self._started_at = self._asked_at = 0.0
        self._checked_at = float("-inf")

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._checked_at < self._stale

    def _start_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._started_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="readiness", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._open_check() as check:
            while self._keep(check()):
                time.sleep(self._interval)

    def _keep(self, result: Readiness) -> bool:
        """Note a result; tell whether the next is still wanted."""
        with self._changed:
            self._result, self._checked_at = result, time.monotonic()
            self._changed.notify_all()
            is_idle = self._checked_at - self._asked_at > self._idle
            if is_idle:
                self._thread = None
            return not is_idle


@contextmanager
def database_check(settings: Settings) -> Iterator[Callable[[], Readiness]]:
    """Open the check that the database is reachable, and has a schema that this version works with.

    It has a connection of its own: the shop's pool may be the very thing that is stuck.
    """
    own = own_revision()
    engine = create_database(settings.database_url, pooler=settings.database_pooler)

    def check() -> Readiness:
        try:
            with engine.connect() as connection:
                trouble = find_trouble(connection, own)
        except SQLAlchemyError:
            return Readiness(is_ready=False, message="the database is out of reach")
        return Readiness(is_ready=not trouble, message=trouble or "the database answers and is migrated")

    try:
        yield check
    finally:
        engine.dispose()
