"""The benchmark's clients: every success is timed, and every failure counted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.clients import drive


@dataclass(frozen=True)
class Stumbling:
    """A job that fails so often at each client, and goes well from then on."""

    failures: int

    @contextmanager
    def open(self, chance: random.Random) -> Iterator[Callable[[], None]]:
        left = iter(range(self.failures))

        def once() -> None:
            time.sleep(0.001)
            if next(left, None) is not None:
                raise ConnectionError("stumbled")

        yield once


def test_every_failure_of_every_client_is_counted() -> None:
    measured = drive(Stumbling(failures=10), clients=2, seconds=1.0)

    assert measured.failures == ["ConnectionError: stumbled"] * 20
    assert measured.done > 0
