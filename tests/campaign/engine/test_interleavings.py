"""The start of the capture, the sweeper, an admin's release and time itself at one checkout, in every order there is.

What is enumerated: the transactions that decide (`enter_capture`, which records the authorization's answer, enters
`capturing`, makes the order, writes the capture and pins the stock; `rollback.expire_row` after a read of the lock;
`actions.release`, which reads, gives back and audits, and looks again when it lost), and the deadline that passes. Each
has a real connection to PostgreSQL and is stopped before every *step*:

- `DECISIONS`: each UPDATE of the lock row, each COMMIT. The lock row is what they compete for: while one has updated
  it, the others are blocked there, so that what it does to order, operations, reservations and stock is one with it.
- `ALL`: also each read of the lock row, each UPDATE of the cart row, and each ROLLBACK.

An interleaving is one order of such steps that the row locks allow. All of them are played, depth first, and their
number is asserted, so that none is lost unnoticed. In each, at most one of the three wins and the others are told; all
invariants hold after each commit; nobody deadlocks. After the last one everything is driven to its end, and the bank's
ledger must agree. On SQLite, where a writing transaction is alone, the orders are those of whole transactions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from console.engine import CheckoutError, release
from console.engine.care.ledger_comparison import find_differences
from console.engine.driving.expiry import expire_due
from console.engine.driving.legs import enter_authorization
from console.engine.driving.locks import Drive, Seen, new_drive, read_lock
from console.engine.driving.point_of_no_return import enter_capture
from console.engine.driving.recovery import recover
from console.engine.driving.rollback import expire_row
from console.engine.errors import LostRace
from console.engine.payments.facts import Fact, record_answer
from console.engine.payments.operations import request_for
from console.engine.runtime import CheckoutConfig, attach
from console.engine.staff import actions
from console.engine.store.database import create_database, transact
from console.models import CheckoutLock, Order
from console.testing.databases import PreparedDatabase
from console.testing.factories import VISA, Shop, make_driverless, make_due
from tests.support.engine.bank import Bank
from tests.support.engine.interleaving import Job, Stage
from tests.support.engine.rows import read
from tests.support.engine.watch import assert_sound

DECISIONS = frozenset({"update checkout_locks", "commit"})
ALL = DECISIONS | {"select checkout_locks", "update carts", "rollback"}


@dataclass(frozen=True)
class Cast:
    """Who plays, stopped before which steps, whether time has run out before; and how many interleavings that is."""

    names: str
    watched: frozenset[str]
    interleavings: int
    is_due: bool = False


EVERYDAY = (
    Cast("capture release", ALL, 22),
    Cast("capture sweep clock", DECISIONS, 26),
    Cast("capture sweep release", DECISIONS, 22),
)
CAMPAIGN = (
    Cast("sweep release", ALL, 83, is_due=True),
    Cast("capture sweep release", DECISIONS, 42, is_due=True),
)
WINS = {"capture": "capturing", "sweep": "expired", "release": "released"}
LOSES = {"lost", "not_allowed"}


@dataclass
class Scene:
    """A shop in which one checkout after the other stands right before its point of no return."""

    database: Engine
    session: Session
    bank: Bank
    lock: CheckoutLock | None = None

    def set_up(self, *, is_due: bool) -> Mapping[str, Job]:
        """Bring a new checkout there, its authorization heard and not yet recorded; give everybody's part."""
        lock = self.lock = Shop(self.session).checkout()
        drive, began = new_drive(self.session, Seen.of(lock)), time.monotonic()
        progress = transact(self.session, lambda: enter_authorization(self.session, drive, VISA))
        drive.saw(progress.lock, leased_at=began)
        [operation] = progress.operations
        request = request_for(operation, progress.lock, others={}, return_url="")
        fact = Fact(operation, self.bank.authorize(request, timeout_seconds=1))
        if is_due:
            make_due(self.session, lock)
        return {
            "capture": lambda session: capture(session, drive, fact),
            "sweep": lambda session: sweep(session, lock.id),
            "release": lambda session: let_go(session, lock),
            "clock": lambda session: str(make_due(session, lock, by_seconds=0)),
        }

    def judge(self, results: Mapping[str, Any]) -> None:
        """At most one has won, the others were told so, and the checkout is as the winner left it."""
        assert self.lock is not None
        winners = [name for name, result in results.items() if result == WINS.get(name)]
        losers = {result for name, result in results.items() if name in WINS and name not in winners}
        with Session(self.database) as reader:
            now = reader.get_one(CheckoutLock, self.lock.id)
        assert losers <= LOSES
        assert [now.outcome or now.state] == ([WINS[name] for name in winners] or ["authorizing"])
        assert "sweep" not in winners or now.expires_at <= now.changed_at
        # Nobody wins where the sweep came before the deadline and the capture after it: the next sweep does.
        assert winners or now.expires_at <= now.changed_at

    def end(self) -> None:
        """Drive everything to its end; the bank keeps what was sold, and nothing else."""
        for lock in read(self.session, CheckoutLock):
            make_driverless(self.session, lock)
        expire_due(self.session)
        recover(self.session, limit=10_000)
        assert_sound(self.database)
        assert find_differences(self.session) == []
        kept = sum(charge.captured - charge.refunded for charge in self.bank.charges.values())
        assert kept == sum(order.total for order in read(self.session, Order, status="paid"))
        assert {lock.state for lock in read(self.session, CheckoutLock)} <= {"completed", "failed"}


def capture(session: Session, drive: Drive, fact: Fact) -> str:
    """Enter the capture as the driver does; a driver that lost the race records its fact."""
    try:
        return str(transact(session, lambda: enter_capture(session, drive, fact)).lock.state)
    except LostRace:
        transact(session, lambda: record_answer(session, drive.lock.id, fact.operation, fact.answer))
        return "lost"


def sweep(session: Session, lock_id: int) -> str:
    """Expire the checkout, as whoever finds it due."""
    try:
        return str(transact(session, lambda: expire_row(session, read_lock(session, lock_id))).outcome)
    except LostRace:
        return "lost"


def let_go(session: Session, lock: CheckoutLock) -> str:
    """Release the checkout, as an admin does."""
    mine = session.get_one(CheckoutLock, lock.id)
    session.commit()
    try:
        return str(release(session, mine, actor="ada", reason="the shopper phoned", version=None).outcome)
    except CheckoutError as refusal:
        return refusal.code


@pytest.fixture
def decisions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """End a release with its decision: the money's way back is driven at the end of the test, as recovery would."""
    monkeypatch.setattr(actions, "settle", lambda _session, row: row)


@pytest.fixture
def scene(decisions_alone: None) -> Iterator[Callable[[str], Scene]]:
    """Open a scene on a database."""
    opened: list[Scene] = []

    def open_scene(url: str) -> Scene:
        database = create_database(url)
        if database.dialect.name == "postgresql":
            event.listen(database, "connect", _wait_for_ever)
        bank = Bank()
        attach(database, config=CheckoutConfig(), gateway=bank)
        opened.append(Scene(database, Session(database, expire_on_commit=False), bank))
        Shop(opened[-1].session).sell("MUG", stock=100_000)
        return opened[-1]

    yield open_scene
    for each in opened:
        each.session.close()
        each.database.dispose()


def _wait_for_ever(connection: Any, _record: Any) -> None:
    """Whoever is blocked waits for the scheduler, not for a time-out."""
    connection.execute("SET lock_timeout = 0")
    connection.execute("SET idle_in_transaction_session_timeout = 0")
    connection.commit()


def play(at: Scene, cast: Cast) -> int:
    """Play all interleavings of a cast; tell how many there are."""
    stage = Stage(at.database, watched=cast.watched, on_commit=lambda: assert_sound(at.database))
    count = 0

    def jobs() -> Mapping[str, Job]:
        parts = at.set_up(is_due=cast.is_due)
        return {name: parts[name] for name in cast.names.split()}

    for played in stage.play_all(jobs):
        count += 1
        at.judge(played.results)
    at.end()
    return count


def name_of(cast: Cast) -> str:
    return f"{cast.names}{' due' if cast.is_due else ''}"


@pytest.mark.parametrize("cast", EVERYDAY, ids=name_of)
def test_capture_sweeper_release_and_deadline_have_one_winner_in_every_order(
    prepared_postgresql: PreparedDatabase, tmp_path: Path, scene: Callable[[str], Scene], cast: Cast
) -> None:
    assert play(scene(prepared_postgresql.fresh(tmp_path)), cast) == cast.interleavings


@pytest.mark.campaign
@pytest.mark.parametrize("cast", CAMPAIGN, ids=name_of)
def test_capture_sweeper_release_and_deadline_have_one_winner_step_by_step(
    prepared_postgresql: PreparedDatabase, tmp_path: Path, scene: Callable[[str], Scene], cast: Cast
) -> None:
    assert play(scene(prepared_postgresql.fresh(tmp_path)), cast) == cast.interleavings


def test_whole_transactions_have_one_winner_in_every_order(
    prepared_sqlite: PreparedDatabase, tmp_path: Path, scene: Callable[[str], Scene]
) -> None:
    at = scene(prepared_sqlite.fresh(tmp_path))
    orders = list(permutations(["capture", "sweep", "release", "clock"]))

    for order in orders:
        parts, results = at.set_up(is_due=False), {}
        for name in order:
            with Session(at.database, expire_on_commit=False) as session:
                results[name] = parts[name](session)
            assert_sound(at.database)
        at.judge(results)
        is_late = order.index("capture") > order.index("clock")
        is_early = order.index("sweep") < order.index("clock")
        assert not (is_late and results["capture"] == "capturing")
        assert not (is_early and results["sweep"] == "expired")

    assert len(orders) == 24
    at.end()
