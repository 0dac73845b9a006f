"""The sandbox ledger's own database: first start, forks, outages."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import LedgerEntry, NoAnswer
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.database import LedgerDatabase, UnsuitableLedgerError
from console.testing.payments import (
    TIMEOUT_SECONDS,
    TrialPayment,
    any_key,
    assert_silent,
    assert_succeeded,
)
from console.testing.races import race_in_processes
from tests.support.sandboxes import entry_of, open_sandbox

AUTHORIZE, CAPTURE, VOID, REFUND = OperationKind


def test_processes_that_start_at_once_create_the_tables_together(new_ledger_url: str) -> None:
    with closing(open_sandbox(new_ledger_url)) as sandbox:
        requests = [TrialPayment(sandbox, "tok_visa").request(AUTHORIZE) for _ in range(4)]

        answers = race_in_processes(partial(open_sandbox, new_ledger_url), requests)

        assert [answer.status for answer in answers] == [OperationStatus.SUCCEEDED] * 4
        assert len(sandbox.ledger()) == 4


def test_gateways_that_start_at_once_in_threads_create_the_tables_together(new_ledger_url: str) -> None:
    barrier = threading.Barrier(8)
    ledgers: list[list[LedgerEntry]] = []

    def start() -> None:
        with closing(open_sandbox(new_ledger_url)) as sandbox:
            barrier.wait(TIMEOUT_SECONDS)
            ledgers.append(sandbox.ledger())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ledgers == [[]] * 8


def test_tables_are_those_of_the_ledger(new_ledger_url: str) -> None:
    with closing(open_sandbox(new_ledger_url)) as sandbox:
        sandbox.ledger()

    onlooker = create_engine(new_ledger_url)
    tables = inspect(onlooker).get_table_names()
    onlooker.dispose()

    assert sorted(tables) == [
        "sandbox_calls",
        "sandbox_challenges",
        "sandbox_charges",
        "sandbox_deeds",
        "sandbox_webhooks",
    ]


def test_sqlite_ledger_writes_ahead_and_to_the_disk(tmp_path: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{tmp_path}/ledger.sqlite3")

    with database.reading(timeout_seconds=1) as connection:
        modes = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    database.close_idle_connections()

    assert modes == ["wal", 2]


def test_forked_children_go_on_with_connections_of_their_own(sandbox: SandboxGateway) -> None:
    payment = TrialPayment(sandbox, "tok_visa")
    payment.authorize()
    fork = multiprocessing.get_context("fork")

    children = [fork.Process(target=payment.capture) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)

    assert [child.exitcode for child in children] == [0] * 4
    assert_succeeded(payment.refund())
    assert entry_of(sandbox, payment.reference).captured == 1299


def test_fork_inherits_no_open_ledger_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(open_sandbox(f"sqlite:///{path}")) as sandbox:
        sandbox.ledger()
        held_before = _holds_open(path)

        child = multiprocessing.get_context("fork").Process(target=_exit_as_holder_of, args=(path,))
        child.start()
        child.join(60)

    assert held_before
    assert child.exitcode == 0


def test_busy_ledger_is_silence_and_nothing_happened(sandbox: SandboxGateway, ledger_url: str) -> None:
    payment = TrialPayment(sandbox, "tok_visa")
    payment.authorize()

    with _ledger_held_by_another(ledger_url), pytest.raises(NoAnswer):
        sandbox.capture(payment.request(CAPTURE), timeout_seconds=0.3)

    assert payment.find(CAPTURE) is None
    assert_succeeded(payment.capture())


@pytest.mark.parametrize("is_known", [True, False])
def test_captures_that_waited_for_one_payment_take_it_once(
    sandbox: SandboxGateway, ledger_url: str, *, is_known: bool
) -> None:
    payment = TrialPayment(sandbox, "tok_visa")
    authorization = payment.authorize().provider_reference
    capture = partial(payment.capture, authorization=authorization if is_known else None)

    with ThreadPoolExecutor(4) as threads:
        with _ledger_held_by_another(ledger_url):
            captures = [threads.submit(capture, idempotency_key=any_key()) for _ in range(4)]
            time.sleep(0.5)  # all of them get as far as they can

        codes = [capture.result().code for capture in captures]

    assert sorted(codes, key=str) == [None, *["already_captured"] * 3]


def test_first_start_waits_for_another_that_has_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # which refuses a change of journal mode at once
    threading.Timer(0.5, other.execute, ["COMMIT"]).start()

    with closing(open_sandbox(f"sqlite:///{path}")) as sandbox:
        entries = sandbox.ledger()

    other.close()
    assert entries == []


def test_silent_payment_is_remembered_once_however_often_it_is_sent(sandbox: SandboxGateway, ledger_url: str) -> None:
    payment = TrialPayment(sandbox, "tok_never_answers")
    for _ in range(3):
        assert_silent(payment.authorize)

    onlooker = create_engine(ledger_url)
    with onlooker.connect() as connection:
        rows = connection.execute(
            text("SELECT status FROM sandbox_charges WHERE lock_reference = :reference"),
            {"reference": payment.reference},
        ).all()
    onlooker.dispose()

    assert [row.status for row in rows] == ["unanswered"]


def test_ledger_out_of_reach_is_silence() -> None:
    sandbox = open_sandbox("postgresql://postgres@127.0.0.1:1/nowhere")
    payment = TrialPayment(sandbox, "tok_visa")

    assert_silent(payment.authorize)
    assert_silent(partial(payment.find, AUTHORIZE))
    assert_silent(sandbox.ledger)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root@127.0.0.1/ledger"])
def test_database_that_cannot_keep_a_ledger_is_refused_at_once(url: str) -> None:
    with pytest.raises(UnsuitableLedgerError):
        open_sandbox(url)


@contextmanager
def _ledger_held_by_another(ledger_url: str) -> Iterator[None]:
    """Hold all payments until the end, or for 5 s: a caller with more patience than that gets through."""
    engine = create_engine(ledger_url, isolation_level="AUTOCOMMIT")
    done = threading.Event()
    with engine.connect() as intruder:
        intruder.execute(text("BEGIN IMMEDIATE" if engine.name == "sqlite" else "BEGIN"))
        intruder.execute(text("UPDATE sandbox_charges SET updated_at = updated_at"))

        def let_go() -> None:
            done.wait(5)
            intruder.execute(text("ROLLBACK"))

        holder = threading.Thread(target=let_go)
        holder.start()
        try:
            yield
        finally:
            done.set()
            holder.join()
    engine.dispose()


def _holds_open(path: Path) -> bool:
    """Tell whether this process has a file of that name, or of its log, open."""
    names = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return any(name.startswith(str(path)) for name in names)


def _exit_as_holder_of(path: Path) -> None:
    sys.exit(int(_holds_open(path)))
