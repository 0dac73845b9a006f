"""A shop that is driven any way there is: people, clocks, gateways and deaths, each a rule of a state machine.

Each example is a shop with little stock, a scarce coupon and four carts. The steps below are mixed at random; a
payment has moods for its calls, and something else may happen between a call and its answer. A dead driver is one
whose next commit or gateway call never returns: its lease stays behind, as a kill would leave it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from console.engine import (
    CheckoutError,
    advance,
    cancel,
    expire,
    extend,
    process,
    release,
    resolve,
    resume,
    retry,
    start,
)
from console.engine.care.ledger_comparison import find_differences
from console.engine.cart.changes import add_line
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover
from console.engine.inventory import correct_stock
from console.engine.machine import ENDED
from console.engine.payments.facts import record_answer
from console.engine.payments.gateway import GatewayRequest
from console.engine.payments.operations import meaning
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database, load, transact
from console.models import Cart, CheckoutLock, Coupon, Order, PaymentOperation, StockLevel
from console.models.types import clock
from console.testing.databases import PreparedDatabase
from console.testing.factories import VISA, Shop, make_due
from tests.support.engine.bank import Bank, Charge, Killed, Mood
from tests.support.engine.claims import assert_told_truly
from tests.support.engine.mortal import MortalSession
from tests.support.engine.rows import read
from tests.support.engine.watch import assert_sound

# What staff give as their reasons, which no shopper reads.
REASONS = ("phoned", "a test", "seen there", "ada")
DEEDS = ("release", "cancel", "expire", "process", "take over", "webhook", "count")
moods = st.lists(st.sampled_from(Mood), max_size=4)
CARTS: tuple[tuple[tuple[tuple[str, int], ...], dict[str, str]], ...] = (
    ((("MUG", 2),), {}),
    ((("MUG", 1), ("PEN", 2)), {"coupon_code": "HALF"}),
    ((("PEN", 2),), {"coupon_code": "half"}),
    ((("GIFT", 1),), {}),
)
which = st.integers(0, 5)
which_cart = st.integers(0, 3)


class Checkouts(RuleBasedStateMachine):
    """Carts, checkouts and money, driven any way there is."""

    prepared: PreparedDatabase

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = create_database(self.prepared.fresh(Path(self.folder.name)))
        if self.engine.dialect.name == "sqlite":  # the power does not fail here
            event.listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        self.bank = Bank()
        self.over: dict[int, str] = {}
        self.session = Session(self.engine, expire_on_commit=False)

    @initialize(reserves=st.booleans())
    def open_shop(self, *, reserves: bool) -> None:
        attach(self.engine, config=CheckoutConfig(reserve_on_start=reserves, waiting_requests=0), gateway=self.bank)
        self.bank.on_request = self.look_at_request
        shop = Shop(self.session)
        shop.sell("MUG", price=1000, stock=8)
        shop.sell("PEN", price=250, stock=5)
        shop.sell("GIFT", price=0, stock=9)
        self.session.add(Coupon(code="HALF", name="Half", kind="percent", value=Decimal(50), max_uses=2))
        self.session.commit()

    def look_at_request(self, request: GatewayRequest) -> None:
        """Whatever reaches the bank stands in our books already, by its key and amount, and no transaction is open."""
        assert not self.session.in_transaction()
        [operation] = self.run(lambda at: read(at, PaymentOperation, idempotency_key=request.idempotency_key))
        assert (operation.kind, operation.amount) == (request.kind, request.amount_minor)

    def run(self, work: Callable[[Session], Any]) -> Any:
        """Do something as another process would, on a session of its own; it may be refused, or die."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                return work(session)
            except (CheckoutError, Killed):
                return None

    def on_lock(self, number: int, verb: Callable[..., Any], **how: Any) -> None:
        """Do something with one of the checkouts."""

        def work(session: Session) -> None:
            lock = self.pick(session, number)
            if lock is not None:
                verb(session, lock, **how)

        self.run(work)

    def pick(self, session: Session, number: int) -> CheckoutLock | None:
        """Choose among the checkouts, the newest for 0."""
        ids = session.scalars(select(CheckoutLock.id).order_by(CheckoutLock.id.desc())).all()
        return load(session, select(CheckoutLock).where(CheckoutLock.id == ids[number % len(ids)])) if ids else None

    def has_checkouts(self) -> bool:
        return bool(self.run(lambda session: session.scalar(select(CheckoutLock.id).limit(1))))

    @rule(cart=which_cart, device=st.sampled_from(["phone", "laptop"]))
    def start_a_checkout(self, *, cart: int, device: str) -> None:
        self.run(lambda session: start(session, self.cart(session, cart), session_id=device))

    @rule(
        cart=which_cart,
        moods=moods,
        key=st.sampled_from([None, "once"]),
        deed=st.sampled_from([None, *DEEDS]),
        points=st.one_of(st.just(0), st.integers(1, 9)),
    )
    def buy(self, *, cart: int, moods: list[Mood], key: str | None, deed: str | None, points: int) -> None:
        """Pay for a cart; `deed` happens during one of the calls, after the bank has done its part and before its
        answer is heard; with `points` the driver dies at that one, before or after a commit.
        """
        self.bank.moods.extend(moods)
        self.bank.meanwhile = self.deeds().get(deed)
        with MortalSession(self.engine, expire_on_commit=False) as session, suppress(CheckoutError, Killed):
            session.points_left = points
            lock = start(session, self.cart(session, cart), session_id="phone")
            process(session, lock, payment=VISA, idempotency_key=key)

    def deeds(self) -> dict[str | None, Callable[[], Any]]:
        """What somebody else may do to the newest checkout meanwhile."""
        return {
            "release": lambda: self.on_lock(0, release, actor="ada", reason="phoned", version=None),
            "cancel": lambda: self.on_lock(0, cancel),
            "expire": lambda: self.let_expire(0),
            "process": lambda: self.on_lock(0, process, payment=VISA),
            "take over": lambda: (self.lapse(), self.on_lock(0, advance)),
            "webhook": lambda: self.tell(-1),
            "count": lambda: self.correct(0, -1),
        }

    def cart(self, session: Session, number: int) -> Cart:
        """Give the newest of the four kinds of cart; a bought one is followed by another."""
        cart = read(session, Cart, external_reference=str(number))[-1:]
        if not cart or cart[0].status == "ordered":
            lines, details = CARTS[number]
            return Shop(session).cart(*lines, external_reference=str(number), **details)
        return cart[0]

    @precondition(has_checkouts)
    @rule(number=which, deed=st.sampled_from(["release", "expire", "cancel", "run out of time", "extend"]))
    def undo_or_extend(self, *, number: int, deed: str) -> None:
        by_admin = {"actor": "ada", "version": None}
        if deed == "release":
            self.on_lock(number, release, reason="the shopper phoned", **by_admin)
        elif deed == "expire":
            self.on_lock(number, expire, reason="a test", **by_admin)
        elif deed == "cancel":
            self.on_lock(number, cancel, session_id="phone")
        elif deed == "extend":
            self.on_lock(number, extend, ttl_minutes=30, **by_admin)
        else:
            self.let_expire(number)

    @precondition(has_checkouts)
    @rule(number=which)
    def say_what_happened(self, *, number: int) -> None:
        """An admin looks at the bank, and says what became of a payment in doubt; what did not go back is left to it."""

        def say(session: Session) -> None:
            lock = self.pick(session, number)
            assert lock is not None
            for operation in read(session, PaymentOperation, lock_id=lock.id, resolved_at=None):
                answer = self.bank.latest(lock.reference, operation.kind)
                happened = answer is not None and meaning(answer, kind=operation.kind) == "succeeded"
                if happened or (answer is None and operation.kind in ("authorize", "capture")):
                    resolve(session, operation, happened=happened, actor="ada", reason="seen there", version=None)

        self.run(say)

    @precondition(has_checkouts)
    @rule(number=which, how=st.sampled_from(["resume", "retry", "recover"]), moods=moods)
    def drive_on(self, *, number: int, how: str, moods: list[Mood]) -> None:
        self.bank.moods.extend(moods)
        if how == "resume":
            self.on_lock(number, resume)
        elif how == "retry":
            self.on_lock(number, retry, actor="ada", version=None)
        else:
            self.lapse()
            self.run(recover)

    @precondition(lambda self: self.bank.told)
    @rule(number=st.integers(0, 30))
    def hear_a_webhook(self, *, number: int) -> None:
        """Any answer there ever was: before the synchronous one, again, out of order, long after the end."""
        self.tell(number)

    @precondition(lambda self: self.bank.waiting())
    @rule(is_approved=st.booleans())
    def end_the_wait(self, *, is_approved: bool) -> None:
        self.bank.settle(self.bank.waiting()[0], is_approved=is_approved)
        self.tell(-1)

    @precondition(lambda self: self.bank.told)
    @rule()
    def capture_late(self) -> None:
        self.bank.capture_late()

    @rule(number=st.integers(0, 2), pieces=st.integers(-3, 3).filter(bool))
    def count_the_stock(self, *, number: int, pieces: int) -> None:
        self.correct(number, pieces)

    @rule(cart=which_cart)
    def add_a_line(self, *, cart: int) -> None:
        self.run(lambda session: add_line(session, self.cart(session, cart), sku="PEN", quantity=1))

    def tell(self, number: int) -> None:
        """Record an answer as the webhook receiver would; nothing is driven on."""
        if not self.bank.told:
            return
        reference, kind, said = self.bank.told[number % len(self.bank.told)]

        def record(session: Session) -> None:
            lock = session.scalars(select(CheckoutLock).filter_by(reference=reference)).one()
            operations = select(PaymentOperation.__table__).filter_by(lock_id=lock.id, kind=kind)
            operation = session.execute(operations).one()
            transact(session, lambda: record_answer(session, lock.id, operation, said))

        self.run(record)

    def let_expire(self, number: int) -> None:
        self.on_lock(number, make_due)
        self.run(expire_due)

    def correct(self, number: int, pieces: int) -> None:
        def count(session: Session) -> None:
            levels = read(session, StockLevel)
            level_id = levels[number % len(levels)].id
            transact(session, lambda: correct_stock(session, level_id, change=pieces))

        self.run(count)

    def lapse(self) -> None:
        """Let every lease and every back-off run out."""

        def pass_time(session: Session) -> None:
            session.execute(
                update(CheckoutLock).where(CheckoutLock.lease_until.is_not(None)).values(lease_until=clock(-1))
            )
            session.execute(
                update(PaymentOperation).where(PaymentOperation.resolved_at.is_(None)).values(next_attempt_at=None)
            )
            session.commit()

        self.run(pass_time)

    @invariant()
    def every_invariant_holds(self) -> None:
        assert_sound(self.engine)

    @invariant()
    def every_claim_is_true(self) -> None:
        """What is told of each checkout is so, and what was said to be over stays as it was."""
        final = self.run(lambda session: assert_told_truly(session, self.bank, secrets=REASONS))
        states = {lock.id: lock.state for lock in self.run(lambda at: read(at, CheckoutLock))}
        self.over |= {lock_id: states[lock_id] for lock_id, is_final in final.items() if is_final}
        assert self.over.items() <= states.items()

    def teardown(self) -> None:
        try:
            self.bank.moods.clear()
            self.bank.meanwhile = None
            self.bring_all_to_an_end()
            self.every_invariant_holds()
            assert self.run(find_differences) == []
            self.compare_ledgers()
        finally:
            self.session.close()
            self.engine.dispose()
            self.folder.cleanup()

    def bring_all_to_an_end(self) -> None:
        """Let the bank end what waits and take what it may still take, tell all it knows, and the worker do its rounds."""
        self.bank.capture_late()
        for _ in range(4):
            for place in self.bank.waiting():
                self.bank.settle(place, is_approved=True)
            for number in range(len(self.bank.told)):
                self.tell(number)
            self.lapse()
            self.run(recover)
            live = self.run(lambda at: [lock for lock in read(at, CheckoutLock) if lock.state not in ENDED])
            if not live:
                break
            self.run(lambda at, locks=live: [make_due(at, lock) for lock in locks])
            self.run(expire_due)

    def compare_ledgers(self) -> None:
        """Every checkout has ended; what the bank keeps is what was sold, and nobody is called for nothing."""
        sold = {order.lock_id: order.total for order in self.run(lambda at: read(at, Order, status="paid"))}
        for lock in self.run(lambda at: read(at, CheckoutLock)):
            charge = self.bank.charges.get(lock.reference, Charge("GBP"))
            assert lock.state in ENDED
            assert lock.needs_attention is None
            assert charge.captured - charge.refunded == sold.get(lock.id, 0)
            assert charge.captured or charge.authorized in (0, charge.voided)
