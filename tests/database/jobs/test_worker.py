"""The worker as a process: what it does by itself, and how it ends, dies and comes back."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.care.invariants import check_all
from console.engine.store.database import create_database
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, IdempotencyKey, Tick, WorkerHeartbeat
from console.models.types import SQLITE_FORMAT
from console.testing.factories import VISA, Shop
from tests.support.services import SERVER_URL
from tests.support.workers import StartWorker, run_sql, wait_for


class Killed(BaseException):
    """The end of a process, as the engine sees it: nothing that it would handle."""


def state_of(database: Engine, lock: CheckoutLock) -> tuple[str, str | None]:
    [row] = run_sql(database, "SELECT state, outcome FROM checkout_locks WHERE id = :id", id=lock.id)
    return row.state, row.outcome


def count(database: Engine, what: str) -> int:
    return int(run_sql(database, f"SELECT count(*) FROM {what}")[0][0])


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_to_end_finishes_the_event_in_hand(
    database: Engine, shop: Shop, start_worker: StartWorker, ending: signal.Signals
) -> None:
    shop.sell()
    shop.checkout()
    worker = start_worker(LISTENER_SECONDS="1.5")
    wait_for(lambda: [word for word, *_ in worker.notes()] == ["begun"])

    exit_code = worker.end(ending)

    assert exit_code == 0, worker.logged()
    assert [word for word, *_ in worker.notes()] == ["begun", "done"]
    assert count(database, "outbox_events WHERE delivered_at IS NULL") == 0


def test_an_event_whose_listener_was_killed_is_delivered_again(
    database: Engine, shop: Shop, start_worker: StartWorker
) -> None:
    shop.sell()
    lock = shop.checkout()
    first = start_worker(LISTENER_SECONDS="60")
    wait_for(first.notes)
    first.end(signal.SIGKILL)
    run_sql(database, "UPDATE outbox_events SET claimed_until = :past", past=past(database))

    second = start_worker()
    wait_for(lambda: count(database, "outbox_events WHERE delivered_at IS NULL") == 0)

    [begun, begun_again, done] = second.notes()
    assert begun[1:] == [begun[1], "CheckoutStarted", lock.reference, 1]
    assert begun_again == ["begun", begun[1], "CheckoutStarted", lock.reference, 2]
    assert done == ["done", begun[1], "CheckoutStarted", lock.reference, 2]


@pytest.mark.databases("postgresql")
def test_a_listener_that_refuses_one_checkout_holds_up_no_other(
    database: Engine, session: Session, shop: Shop, start_worker: StartWorker
) -> None:
    shop.sell()
    refused, wanted = shop.checkout(), shop.checkout()
    process(session, refused, payment=VISA)
    process(session, wanted, payment=VISA)

    worker = start_worker(LISTENER_REFUSES=refused.reference)
    wait_for(lambda: count(database, "outbox_events WHERE delivered_at IS NOT NULL") == 2)
    wait_for(lambda: count(database, "outbox_events WHERE last_error IS NOT NULL") == 1)

    done = [(topic, reference) for word, _, topic, reference, _ in worker.notes() if word == "done"]
    assert done == [("CheckoutStarted", wanted.reference), ("CheckoutCompleted", wanted.reference)]
    assert {topic for _, _, topic, reference, _ in worker.notes() if reference == refused.reference} == {
        "CheckoutStarted"  # what came after waits its turn
    }
    assert "this one is not wanted" in worker.logged()
    assert worker.end(signal.SIGTERM) == 0


@pytest.mark.databases("postgresql")
def test_a_due_checkout_is_expired(database: Engine, session: Session, shop: Shop, start_worker: StartWorker) -> None:
    shop.sell()
    lock = shop.checkout()
    run_sql(database, "UPDATE checkout_locks SET expires_at = :past", past=past(database))

    start_worker()
    wait_for(lambda: state_of(database, lock) == ("failed", "expired"))

    assert count(database, "ticks WHERE name = 'sweep'") == 1
    assert count(database, "worker_heartbeats") == 1
    assert check_all(session) == []


def test_a_checkout_whose_driver_died_is_driven_to_its_end(
    database: Engine,
    session: Session,
    shop: Shop,
    gateway: SandboxGateway,
    start_worker: StartWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.sell()
    lock = shop.checkout()
    monkeypatch.setattr(gateway, "capture", dies)
    with pytest.raises(Killed):
        process(session, lock, payment=VISA)
    assert state_of(database, lock) == ("capturing", None)
    run_sql(database, "UPDATE checkout_locks SET lease_until = :past", past=past(database))

    start_worker()
    wait_for(lambda: state_of(database, lock) == ("completed", None))

    assert [charge.captured for charge in gateway.ledger()] == [1000]
    assert check_all(session) == []


@pytest.mark.databases("postgresql")
def test_what_is_older_than_a_day_is_pruned(
    database: Engine, session: Session, shop: Shop, start_worker: StartWorker
) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA, idempotency_key="young")
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    old_key = IdempotencyKey(lock_id=lock.id, call="process", key="old", request_hash="0" * 64, created_at=yesterday)
    session.add_all([old_key, Tick(name="sweep", slot=1, taken_at=yesterday)])
    session.add(WorkerHeartbeat(worker_id="gone", started_at=yesterday, seen_at=yesterday))
    session.commit()

    worker = start_worker()
    wait_for(lambda: count(database, "idempotency_keys") == 1)
    wait_for(lambda: count(database, "ticks WHERE slot = 1") == 0)
    wait_for(lambda: count(database, "worker_heartbeats WHERE worker_id = 'gone'") == 0)
    assert worker.end(signal.SIGTERM) == 0

    assert run_sql(database, "SELECT key FROM idempotency_keys") == [("young",)]
    assert count(database, "ticks WHERE name = 'sweep'") == 1
    assert count(database, "worker_heartbeats") == 1


@pytest.mark.databases("postgresql")
def test_a_worker_waits_for_a_database_that_is_down_and_goes_on(
    database_url: str, database: Engine, shop: Shop, start_worker: StartWorker
) -> None:
    shop.sell()
    lock = shop.checkout()
    run_sql(database, "UPDATE checkout_locks SET expires_at = :past", past=past(database))
    database.dispose()
    switch(database_url, is_on=False)
    try:
        worker = start_worker()
        wait_for(lambda: "job_waits_for_database" in worker.logged())
    finally:
        switch(database_url, is_on=True)

    wait_for(lambda: state_of(database, lock) == ("failed", "expired"))
    wait_for(lambda: [word for word, *_ in worker.notes()] == ["begun", "done"])
    assert worker.end(signal.SIGTERM) == 0


@pytest.mark.databases("postgresql")
def test_a_worker_without_a_database_ends_when_told(database_url: str, start_worker: StartWorker) -> None:
    nowhere = make_url(database_url).set(port=1).render_as_string(hide_password=False)
    worker = start_worker(DATABASE_URL=nowhere)
    wait_for(lambda: "job_waits_for_database" in worker.logged())

    assert worker.end(signal.SIGTERM) == 0


def dies(*_: object, **__: object) -> None:
    raise Killed


def past(database: Engine) -> str:
    """Name a time an hour ago, as the database writes it."""
    moment = (datetime.now(UTC) - timedelta(hours=1)).strftime(SQLITE_FORMAT)
    return moment if database.dialect.name == "sqlite" else f"{moment}+00"


def switch(database_url: str, *, is_on: bool) -> None:
    """Have the server refuse all connections to a database, and end those there are; or let them in again."""
    name = make_url(database_url).database
    server = create_database(SERVER_URL)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {is_on}")
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(ended, {"name": name})
    server.dispose()
