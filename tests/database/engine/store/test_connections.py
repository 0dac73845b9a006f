"""How many of the pool's connections a checkout needs at a time: one, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from console.engine import cancel, process, resume, start
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import configure, engine_options, normalise_url
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop


@pytest.fixture
def database(database_url: str, gateway: SandboxGateway) -> Iterator[Engine]:
    """Connect to the clean database by a pool of one connection."""
    url = normalise_url(database_url)
    engine = create_engine(url, **engine_options(url) | {"pool_size": 1, "max_overflow": 0, "pool_timeout": 1})
    configure(engine)
    attach(engine, config=CheckoutConfig(), gateway=gateway)
    yield engine
    engine.dispose()


def test_a_purchase_and_its_replay_need_one_connection(session: Session, shop: Shop) -> None:
    shop.sell("MUG")
    lock = shop.checkout()

    orders = [process(session, lock, payment=VISA, idempotency_key="k") for _ in range(2)]

    assert orders[0].number == orders[1].number


def test_a_lock_that_the_session_has_to_read_anew_needs_no_second_connection(session: Session, shop: Shop) -> None:
    shop.sell("MUG")
    lock_id = shop.checkout().id
    session.expire_all()

    order = resume(session, session.get_one(CheckoutLock, lock_id), payment=VISA)

    assert order.status == "paid"


def test_a_cancelled_checkout_and_the_next_start_need_one_connection(session: Session, shop: Shop) -> None:
    shop.sell("MUG")
    cart = shop.cart()
    first = start(session, cart, session_id="phone")
    session.expire_all()

    cancelled = cancel(session, first)

    assert cancelled.state == "failed"
    assert start(session, cart, session_id="phone").state == "pending"
