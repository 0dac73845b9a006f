"""The worker: every job in threads of its own, until a signal; what a job raises is logged and stops no other."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from console.engine.errors import DatabaseUnavailable
from console.engine.store.database import was_stopped
from console.extensions import SETTINGS_KEY, db
from console.jobs.heartbeat import new_worker_id
from console.jobs.schedule import JOBS, Duty, Job
from console.settings import Settings

# A gateway call takes up to 30 s and deserves its end; a demo is over within 10 s.
GRACE_SECONDS = 35
DEMO_GRACE_SECONDS = 7
PAUSE_AFTER_ERROR_SECONDS = 2

OUT_OF_REACH = (DatabaseUnavailable, OperationalError, InterfaceError, PoolTimeout)

log = structlog.get_logger(__name__)


def run_worker(app: Flask) -> None:
    """Do everything periodic and deliver every event until SIGTERM or SIGINT; in the main thread of its process.

    Raises:
        RuntimeError: when a thread ended that should not have.
    """
    settings: Settings = app.extensions[SETTINGS_KEY]
    stop = threading.Event()
    duty = Duty(new_worker_id(), settings.sweep_seconds, stop)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    threads = _start(app, duty)
    log.info("worker_started", worker_id=duty.worker_id)
    while not stop.wait(1):
        if lost := [thread.name for thread in threads if not thread.is_alive()]:
            stop.set()
            raise RuntimeError(f"the thread of {', '.join(lost)} ended by itself")
    _await(threads, within_seconds=DEMO_GRACE_SECONDS if settings.demo else GRACE_SECONDS)
    log.info("worker_stopped", worker_id=duty.worker_id)


def _start(app: Flask, duty: Duty) -> list[threading.Thread]:
    with app.app_context():
        engine = db.engine
    threads = [
        # Daemons: past the grace the process ends all the same, and what was in hand is taken up by its lease.
        threading.Thread(target=Round(app, engine, job, duty).repeat, name=job.name, daemon=True)
        for job in JOBS
        for _ in range(job.threads)
    ]
    for thread in threads:
        thread.start()
    return threads


def _await(threads: list[threading.Thread], *, within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if late := [thread.name for thread in threads if thread.is_alive()]:
        log.warning("worker_left_jobs_unfinished", jobs=late)


@dataclass(frozen=True)
class Round:
    """One job of one worker, round after round."""

    app: Flask
    engine: Engine
    job: Job
    duty: Duty

    def repeat(self) -> None:
        """Do rounds until the worker stops; rest after one that left nothing to do, or failed."""
        while not self.duty.stop.is_set():
            pause_seconds = self.once()
            if pause_seconds:
                self.duty.stop.wait(pause_seconds)

    def once(self) -> float:
        """Do one round; tell how long to rest, in seconds."""
        try:
            with self.app.app_context(), Session(self.engine, expire_on_commit=False) as session:
                has_more = self.job.run(session, self.duty)
        except Exception as error:
            if isinstance(error, OUT_OF_REACH) and not was_stopped(error):
                log.warning("job_waits_for_database", job=self.job.name, error=str(error).splitlines()[0])
            else:
                log.exception("job_failed", job=self.job.name)
            return max(self.job.pause_seconds, PAUSE_AFTER_ERROR_SECONDS)
        return 0 if has_more else self.job.pause_seconds
