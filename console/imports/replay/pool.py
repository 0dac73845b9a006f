"""Invoices over worker processes, each with a database connection of its own."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context, parent_process
from typing import ClassVar

import structlog
from sqlalchemy.orm import Session

from console.imports.replay.buying import Failure, InvoiceResult, buy
from console.imports.replay.invoices import Invoice

Connect = Callable[[], Session]  # is sent to the workers, so it must be picklable
Pending = dict[Future[InvoiceResult | Failure], Invoice]
log = structlog.get_logger("checkout")
_WAITING_PER_WORKER = 4
_LOOK_AGAIN_SECONDS = 60.0
_DIED = "a worker process died; replay again: what was bought is skipped"


@dataclass
class ReplayPace:
    """When each invoice is due: `speed` seconds of its time pass in each of ours; None is as fast as possible."""

    speed: float | None
    began: float = field(default_factory=time.monotonic)
    first: datetime | None = None

    def seconds_until(self, invoice: Invoice) -> float:
        """Tell how long it is until an invoice is due; the first one is due at once."""
        if self.speed is None or invoice.invoiced_at is None:
            return 0.0
        self.first = self.first or invoice.invoiced_at
        due = (invoice.invoiced_at - self.first).total_seconds() / self.speed
        return self.began + due - time.monotonic()


def buy_all(
    invoices: Iterable[Invoice], *, workers: int, connect: Connect, pace: ReplayPace
) -> Iterator[InvoiceResult | Failure]:
    """Buy invoices in `workers` processes; give what became of each, in the order they end.

    `connect` gives a worker its session. What an invoice raises becomes a `Failure` and stops no other.
    """
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_Worker.begin, initargs=(connect,))
    pending: Pending = {}
    try:
        for invoice in invoices:
            yield from _wait_until_due(invoice, pending, pace)
            while len(pending) >= workers * _WAITING_PER_WORKER:
                yield from _collect(pending)
            yield from _submit(pool, invoice, pending)
        while pending:
            yield from _collect(pending)
    finally:
        pool.shutdown(cancel_futures=True)


class _Worker:
    """What a worker process keeps between invoices."""

    session: ClassVar[Session]
    in_hand: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def begin(cls, connect: Connect) -> None:
        """Connect; Ctrl-C is for the parent, which lets us finish the invoice in hand."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=cls._end_with_parent, daemon=True).start()
        cls.session = connect()

    @classmethod
    def buy(cls, invoice: Invoice) -> InvoiceResult | Failure:
        """Buy one invoice; what it raises is told here, for not every error can be sent to the parent."""
        with cls.in_hand:
            try:
                return buy(cls.session, invoice)
            except Exception as error:
                log.exception("replay_failed", invoice=invoice.number)
                cls.session.rollback()
                return Failure(invoice.number, f"{type(error).__name__}: {error}")

    @classmethod
    def _end_with_parent(cls) -> None:
        """End once the parent was killed: nobody would ever send another invoice."""
        parent = parent_process()
        if parent is not None:
            parent.join()
            with cls.in_hand:
                os._exit(1)


def _submit(pool: ProcessPoolExecutor, invoice: Invoice, pending: Pending) -> Iterator[Failure]:
    try:
        pending[pool.submit(_Worker.buy, invoice)] = invoice
    except BrokenExecutor:
        yield Failure(invoice.number, _DIED)


def _wait_until_due(invoice: Invoice, pending: Pending, pace: ReplayPace) -> Iterator[InvoiceResult | Failure]:
    while (seconds := pace.seconds_until(invoice)) > 0:
        patience = min(seconds, _LOOK_AGAIN_SECONDS)  # the time between two invoices may be more than a clock takes
        if pending:
            yield from _collect(pending, timeout_seconds=patience)
        else:
            time.sleep(patience)


def _collect(pending: Pending, *, timeout_seconds: float | None = None) -> Iterator[InvoiceResult | Failure]:
    """Wait for the next to end, and give what has ended by then."""
    done = wait(pending, timeout=timeout_seconds, return_when=FIRST_COMPLETED).done
    for future in done:
        invoice = pending.pop(future)
        error = future.exception()
        yield future.result() if error is None else _failure(invoice, error)


def _failure(invoice: Invoice, error: BaseException) -> Failure:
    if isinstance(error, BrokenExecutor):
        return Failure(invoice.number, _DIED)
    log.error("replay_failed", invoice=invoice.number, exc_info=error)
    return Failure(invoice.number, f"{type(error).__name__}: {error}")
