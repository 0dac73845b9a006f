"""The outbox: who may deliver which event when, and what becomes of one that fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import process
from console.jobs import Event, on
from console.jobs.outbox import LONGEST_PAUSE_SECONDS, deliver_next, pass_unheard, pause_seconds
from console.testing.factories import VISA, Shop
from tests.support.workers import run_sql

pytestmark = pytest.mark.usefixtures("no_listeners")
ENDS = ("CheckoutStarted", "CheckoutCompleted")


def hear(*topics: str) -> list[Event]:
    heard: list[Event] = []
    for topic in topics:
        on(topic)(heard.append)
    return heard


def buy(session: Session, shop: Shop) -> str:
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    return lock.reference


def deliver_all(session: Session) -> None:
    while deliver_next(session, worker_id="test"):
        pass


def test_events_are_delivered_once_and_in_order(session: Session, shop: Shop) -> None:
    heard = hear(*ENDS)
    shop.sell()
    references = [buy(session, shop), buy(session, shop)]

    deliver_all(session)

    told = [(event.payload["reference"], event.topic) for event in heard]
    assert sorted(told, key=lambda pair: references.index(pair[0])) == [
        (reference, topic) for reference in references for topic in ENDS
    ]
    assert {event.attempts for event in heard} == {1}


def test_workers_at_once_share_the_events_and_keep_their_order(database: Engine, session: Session, shop: Shop) -> None:
    heard = hear(*ENDS)
    shop.sell(stock=20)
    references = [buy(session, shop) for _ in range(12)]
    ready = Barrier(6)

    def work(number: int) -> None:
        ready.wait()
        with Session(database) as own:
            for _ in range(40):
                deliver_next(own, worker_id=f"worker-{number}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert len(heard) == 24
    for reference in references:
        assert [event.topic for event in heard if event.payload["reference"] == reference] == list(ENDS)


def test_a_failed_event_rests_and_holds_back_what_follows_it(database: Engine, session: Session, shop: Shop) -> None:
    def refuse(_event: Event) -> None:
        raise ValueError("out of order\x00")

    on("CheckoutStarted")(refuse)
    heard = hear("CheckoutCompleted")
    shop.sell()
    buy(session, shop)

    with pytest.raises(ValueError, match="out of order"):
        deliver_next(session, worker_id="test")

    assert not deliver_next(session, worker_id="test")
    assert heard == []
    [event] = run_sql(database, "SELECT * FROM outbox_events WHERE topic = 'CheckoutStarted'")
    assert (event.attempts, event.last_error, event.claimed_by) == (1, "ValueError: out of order", None)
    assert event.claimed_until is not None
    assert event.delivered_at is None


def test_whoever_lost_its_lease_does_not_close_another_s_event(database: Engine, session: Session, shop: Shop) -> None:
    def is_taken_over(event: Event) -> None:
        run_sql(database, "UPDATE outbox_events SET attempts = 2, claimed_by = 'other' WHERE id = :id", id=event.id)

    on("CheckoutStarted")(is_taken_over)
    shop.sell()
    shop.checkout()

    deliver_next(session, worker_id="slow")

    [event] = run_sql(database, "SELECT * FROM outbox_events")
    assert (event.delivered_at, event.claimed_by, event.attempts) == (None, "other", 2)


def test_what_nobody_listens_to_is_passed(database: Engine, session: Session, shop: Shop) -> None:
    heard = hear("CheckoutCompleted")
    shop.sell()
    reference = buy(session, shop)
    assert not deliver_next(session, worker_id="test")

    assert pass_unheard(session)

    assert not pass_unheard(session)
    deliver_all(session)
    assert [event.payload["reference"] for event in heard] == [reference]
    assert run_sql(database, "SELECT id FROM outbox_events WHERE delivered_at IS NULL") == []


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause_seconds(attempts) for attempts in (1, 2, 3)] == [5, 10, 20]
    assert pause_seconds(10_000) == LONGEST_PAUSE_SECONDS


def test_a_topic_that_is_never_sent_cannot_be_listened_to() -> None:
    with pytest.raises(ValueError, match="CheckoutCompleted"):
        on("CheckoutComplete")
