"""A shop as a process of its own sees it: only URLs cross the border, each process connects for itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database
from console.gateways.sandbox import SandboxGateway

TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class World:
    """Where a shop's database and its gateway's ledger are."""

    database_url: str
    ledger_url: str
    config: CheckoutConfig = field(default_factory=CheckoutConfig)

    @contextmanager
    def open(
        self, *, wrap: Callable[[SandboxGateway], Any] = lambda gateway: gateway
    ) -> Iterator[tuple[Session, Engine, SandboxGateway]]:
        """Connect to it; `wrap` may put something between the engine and the gateway."""
        gateway = SandboxGateway(self.ledger_url, public_url="http://127.0.0.1:8000", webhook_secret="test-secret")
        engine = create_database(self.database_url)
        attach(engine, config=self.config, gateway=wrap(gateway))
        with Session(engine, expire_on_commit=False) as session:
            yield session, engine, gateway
        engine.dispose()
        gateway.close()


def run_together(work: Callable[..., Any], *argument_lists: tuple[Any, ...]) -> list[Any]:
    """Run a function in as many processes as there are argument lists, all begun at once; give what each returns.

    The function gets a barrier first, and must wait at it once it is ready.
    """
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(len(argument_lists))
    results = spawn.Queue()
    processes = [
        spawn.Process(target=_report, args=(results, number, work, barrier, arguments))
        for number, arguments in enumerate(argument_lists)
    ]
    for process in processes:
        process.start()
    answers = dict(results.get(timeout=TIMEOUT_SECONDS) for _ in processes)
    for process in processes:
        process.join(TIMEOUT_SECONDS)
    return [answers[number] for number in range(len(processes))]


def _report(results: Any, number: int, work: Callable[..., Any], barrier: Any, arguments: tuple[Any, ...]) -> None:
    try:
        answer = work(barrier, *arguments)
    except BaseException as error:
        results.put((number, f"{type(error).__name__}: {error}"))
        raise
    results.put((number, answer))
