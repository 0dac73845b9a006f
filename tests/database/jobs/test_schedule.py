"""The worker's rounds: what is done once an hour, and what one silent gateway must not hold up."""

from __future__ import annotations

from threading import Event

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.jobs.schedule import JOBS, Duty, compare_ledgers
from console.models import PaymentOperation
from console.testing.clock import FrozenClock
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway
from tests.support.engine.rows import read_one
from tests.support.engine.slow_tables import lose_patience, slow_table

DUTY = Duty("worker", 300, Event())


def refuse_capture(session: Session) -> None:
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == "capture").values(status="refused"))
    session.commit()


def capture_status(session: Session) -> str:
    status: str = read_one(session, PaymentOperation, kind="capture").status
    session.commit()
    return status


def test_the_books_are_compared_once_an_hour_and_what_is_found_is_recorded(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    process(session, shop.checkout(), payment=VISA)
    found = []

    with FrozenClock() as clock:
        for hours in (0, 0, 1):
            refuse_capture(session)
            clock.advance(hours=hours)
            compare_ledgers(session, DUTY)
            found.append(capture_status(session))

    assert found == ["succeeded", "refused", "succeeded"]


def test_a_gateway_without_a_ledger_is_no_trouble(session: Session, shop: Shop) -> None:
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=ScriptedGateway())

    assert compare_ledgers(session, DUTY) is False


@pytest.mark.databases("postgresql")
def test_books_that_take_too_long_to_read_are_told_and_end_no_round(
    session: Session, shop: Shop, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.sell()
    process(session, shop.checkout(), payment=VISA)
    lose_patience(session.get_bind().engine)

    with slow_table(database_url, "payment_operations"):
        assert compare_ledgers(session, DUTY) is False

    assert "ledger_not_compared" in capfd.readouterr().err


def test_several_checkouts_are_recovered_at_a_time() -> None:
    [recovery] = [job for job in JOBS if job.name == "recovery"]

    assert recovery.threads > 1
    assert recovery.pause_seconds <= 2
