"""How busy the threads of this process are: told by the web server, asked by /readyz."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Occupancy:
    """Counts the threads that serve a request; knows for how long no request could have been served.

    That is while every thread is busy, from the last time that one began or ended. Without threads it never is.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._threads = self._busy = 0
        self._moved_at = clock()

    def staff(self, threads: int) -> None:
        """Say how many threads there are."""
        self._threads = threads

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Count a thread as busy until the end of the block."""
        self._move(1)
        try:
            yield
        finally:
            self._move(-1)

    def stuck_seconds(self) -> float:
        """Tell for how long every thread has been busy without one ending, in seconds; 0 while one is free."""
        with self._lock:
            is_full = 0 < self._threads <= self._busy
            return self._clock() - self._moved_at if is_full else 0.0

    def _move(self, change: int) -> None:
        with self._lock:
            self._busy += change
            self._moved_at = self._clock()


occupancy = Occupancy()
