"""The worker's jobs: which there are, how often each looks for work, and what one round of it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from console.engine.care.reconciliation import reconcile
from console.engine.driving.recovery import call_for_overdue, recover_next
from console.engine.errors import DatabaseTrouble
from console.engine.payments.gateway import NoAnswer
from console.engine.prices.drift import detect_drift
from console.jobs import heartbeat, outbox
from console.jobs.pruning import prune_batch
from console.jobs.sandbox_webhooks import send_sandbox_webhooks
from console.jobs.sweeping import sweep_due
from console.jobs.ticks import take_tick

# The intervals of what is done once over all workers; the sweep's can be set, as CHECKOUT_CLEANUP_INTERVAL, and comes
# with the duty as `sweep_seconds`.
PRUNING_SECONDS = 3600
DRIFT_SECONDS = 60
RECONCILIATION_SECONDS = 3600

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Duty:
    """What a round of a job is told: who works, how often due checkouts are swept, and when to stop."""

    worker_id: str
    sweep_seconds: float
    stop: threading.Event


@dataclass(frozen=True)
class Job:
    """One job: `run` does a round and tells whether it may have left work; it rests `pause_seconds` when not."""

    name: str
    run: Callable[[Session, Duty], bool]
    pause_seconds: float
    threads: int = 1


def beat(session: Session, duty: Duty) -> bool:
    """Say that this worker lives. Own transaction."""
    heartbeat.beat(session, duty.worker_id)
    return False


def recover_one(session: Session, _duty: Duty) -> bool:
    """Drive one interrupted checkout on, and the next at once; several workers at it do no harm. Own transactions."""
    return recover_next(session)


def call_humans(session: Session, _duty: Duty) -> bool:
    """Ask for a human where a payment is past its time-out. Own transactions, one a payment."""
    call_for_overdue(session)
    return False


def sweep(session: Session, duty: Duty) -> bool:
    """Expire what is due, once per sweep over all workers. Own transactions, one a checkout."""
    if take_tick(session, "sweep", every_seconds=duty.sweep_seconds):
        sweep_due(session, stop=duty.stop)
    return False


def watch_prices(session: Session, duty: Duty) -> bool:
    """Tell of prices that moved under a live checkout, once a minute over all workers. Own transactions."""
    if take_tick(session, "drift", every_seconds=DRIFT_SECONDS):
        detect_drift(session, is_stopped=duty.stop.is_set)
    return False


def deliver(session: Session, duty: Duty) -> bool:
    """Deliver one event to its listeners. Own transactions."""
    return outbox.deliver_next(session, worker_id=duty.worker_id)


def pass_unheard(session: Session, _duty: Duty) -> bool:
    """Close events that nobody listens to. Own transaction."""
    return outbox.pass_unheard(session)


def prune(session: Session, duty: Duty) -> bool:
    """Delete what nobody needs any more, once an hour over all workers. Own transactions."""
    if take_tick(session, "pruning", every_seconds=PRUNING_SECONDS):
        while not duty.stop.is_set() and prune_batch(session):
            continue
    return False


def send_webhooks(session: Session, duty: Duty) -> bool:
    """Send what the sandbox gateway has to tell. Transactions of its ledger's."""
    send_sandbox_webhooks(session, stop=duty.stop)
    return False


def compare_ledgers(session: Session, _duty: Duty) -> bool:
    """Compare the last days with the gateway's ledger, once an hour over all workers. Own transactions."""
    if take_tick(session, "reconciliation", every_seconds=RECONCILIATION_SECONDS):
        try:
            done = reconcile(session)
        except NoAnswer as silence:
            log.warning("ledger_out_of_reach", reason=str(silence))
        except DatabaseTrouble as trouble:
            log.warning("ledger_not_compared", reason=str(trouble), exc_info=True)
        else:
            log.info("reconciled", **(vars(done) if done else {"ledger": None}))
    return False


# A round is one checkout or one event, so that a worker asked to stop is done with what it has in hand soon.
JOBS = (
    Job("heartbeat", beat, pause_seconds=5),
    Job("recovery", recover_one, pause_seconds=2, threads=4),  # one silent gateway call must not hold up all the others
    Job("overdue payments", call_humans, pause_seconds=2),
    Job("sweep", sweep, pause_seconds=2),
    Job("drift", watch_prices, pause_seconds=10),
    Job("delivery", deliver, pause_seconds=1, threads=4),  # one slow listener must not hold up all events
    Job("unheard", pass_unheard, pause_seconds=5),
    Job("pruning", prune, pause_seconds=60),
    Job("sandbox webhooks", send_webhooks, pause_seconds=1),
    Job("reconciliation", compare_ledgers, pause_seconds=60),
)
