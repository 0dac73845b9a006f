"""Clients that do one thing over and over for a while, from processes of their own."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol

_START_SECONDS = 60.0


class Job(Protocol):
    """What a client does; it is sent to the processes, so it must be picklable."""

    def open(self, chance: random.Random) -> AbstractContextManager[Callable[[], None]]:
        """Connect, and give what does the thing once."""


@dataclass
class Measured:
    """What clients did: how long each success took, how many failed and how, and what the clients themselves cost."""

    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    driver_cpu_seconds: float = 0.0

    @property
    def done(self) -> int:
        """Tell how many succeeded."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Tell how many succeeded a second."""
        return self.done / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """Tell the seconds within which this share of all was done; 0 when none was."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def add(self, other: Measured) -> None:
        """Add what was done at another time."""
        self.add_beside(other)
        self.seconds += other.seconds

    def add_beside(self, other: Measured) -> None:
        """Add what was done at the same time."""
        self.latencies += other.latencies
        self.failures += other.failures
        self.driver_cpu_seconds += other.driver_cpu_seconds


def drive(job: Job, *, clients: int, seconds: float) -> Measured:
    """Have so many clients do a job for so long, over as many processes as there are cores."""
    context = get_context("fork")  # cheap, and nothing here has threads yet
    count = min(clients, os.cpu_count() or 1)
    pipes = []
    for number in range(count):
        ours, theirs = context.Pipe()
        threads = clients // count + (number < clients % count)
        process = context.Process(target=_run, args=(theirs, job, threads, seconds), daemon=True)
        process.start()
        theirs.close()
        pipes.append((process, ours))
    try:
        for _, pipe in pipes:
            _receive(pipe, _START_SECONDS)
        for _, pipe in pipes:
            pipe.send(True)
        return _gather([_receive(pipe, _START_SECONDS + seconds) for _, pipe in pipes])
    finally:
        for process, pipe in pipes:
            pipe.close()
            process.join(timeout=5)
            process.kill()


def _receive(pipe: Connection, patience_seconds: float) -> Measured:
    if not pipe.poll(patience_seconds):
        raise TimeoutError("a process of clients says nothing")
    received: Measured = pipe.recv()
    return received


def _gather(parts: list[Measured]) -> Measured:
    """Put together what processes did side by side."""
    whole = Measured(seconds=max(part.seconds for part in parts))
    for part in parts:
        whole.add_beside(part)
    return whole


def _run(pipe: Connection, job: Job, threads: int, seconds: float) -> None:
    """Be one process of clients."""
    clients = [_Client(job, seconds) for _ in range(threads)]
    barrier = threading.Barrier(threads + 1)
    running = [threading.Thread(target=client.run, args=(barrier,)) for client in clients]
    for thread in running:
        thread.start()
    barrier.wait(_START_SECONDS)
    pipe.send(Measured())
    pipe.recv()
    began, cpu_began = time.monotonic(), time.process_time()
    barrier.wait(_START_SECONDS)
    for thread in running:
        thread.join()
    cpu = time.process_time() - cpu_began
    whole = Measured(seconds=time.monotonic() - began, driver_cpu_seconds=cpu)
    for client in clients:
        whole.add_beside(client.measured)
    pipe.send(whole)


@dataclass
class _Client:
    """One client with one connection."""

    job: Job
    seconds: float
    measured: Measured = field(default_factory=Measured)

    def run(self, barrier: threading.Barrier) -> None:
        with self.job.open(random.Random()) as once:  # noqa: S311 - chance, no secret
            barrier.wait(_START_SECONDS)  # connected
            barrier.wait()  # all others too
            end = time.monotonic() + self.seconds
            while (began := time.monotonic()) < end:
                try:
                    once()
                except Exception as error:  # noqa: BLE001 - counted, and told in the report
                    self.measured.failures.append(f"{type(error).__name__}: {error}")
                    continue
                self.measured.latencies.append(time.monotonic() - began)
