"""What a gateway tells by itself and is not taken: stale, of an unknown payment, of a wrong amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import advance
from console.engine.driving.recovery import recover
from console.engine.errors import InvalidWebhook, NotFound
from console.engine.payments.notices import take_notice
from console.models import CheckoutLock, PaymentOperation
from console.testing.clock import FrozenClock
from console.testing.factories import Shop
from console.testing.scripted import ScriptedGateway
from tests.support.engine.facts import statuses
from tests.support.engine.notices import AUTHORIZE, CAPTURE, notice, waiting_for_shopper
from tests.support.engine.purchases import topics
from tests.support.engine.rows import read_one


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_stale_webhook_is_refused_and_changes_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway, seconds: int
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    stale = notice(lock, AUTHORIZE, signed_at=datetime.now(UTC) + timedelta(seconds=seconds))

    with pytest.raises(InvalidWebhook):
        take_notice(session, stale)

    assert statuses(session) == {"authorize": "waiting"}


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_webhook_may_be_minutes_on_its_way(session: Session, shop: Shop, bank: ScriptedGateway, seconds: int) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    take_notice(session, notice(lock, AUTHORIZE, signed_at=datetime.now(UTC) + timedelta(seconds=seconds)))

    assert statuses(session) == {"authorize": "succeeded"}


def test_its_age_is_told_by_the_database_s_clock_and_not_by_this_host_s(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)

    with FrozenClock(in_an_hour), pytest.raises(InvalidWebhook):
        take_notice(session, notice(lock, AUTHORIZE))
    with FrozenClock(in_an_hour):
        take_notice(session, notice(lock, AUTHORIZE, signed_at=in_an_hour))

    assert statuses(session) == {"authorize": "succeeded"}


@pytest.mark.parametrize("reference", ["ZZZZ-ZZZZ", "", "\x00"])
def test_a_webhook_for_an_unknown_payment_is_told_so(
    session: Session, shop: Shop, bank: ScriptedGateway, reference: str
) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    with pytest.raises(NotFound):
        take_notice(session, replace(notice(lock, AUTHORIZE), reference=reference))

    assert statuses(session) == {"authorize": "waiting"}


def test_a_checkout_without_a_payment_is_an_unknown_payment(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()

    with pytest.raises(NotFound):
        take_notice(session, notice(shop.checkout(), CAPTURE))


def test_a_payment_at_another_gateway_is_an_unknown_payment(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    bank.name = "elsewhere"

    with pytest.raises(NotFound):
        take_notice(session, notice(lock, AUTHORIZE))

    assert statuses(session) == {"authorize": "waiting"}


@pytest.mark.parametrize("wrong", [{"amount_minor": 999}, {"currency": "USD"}])
def test_a_wrong_amount_or_currency_is_stored_and_not_taken(
    session: Session, shop: Shop, bank: ScriptedGateway, wrong: dict[str, Any]
) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    for _ in range(2):
        take_notice(session, notice(lock, AUTHORIZE, **wrong))
    recover(session)

    operation = read_one(session, PaymentOperation)
    told = {"amount_minor": 1000, "currency": "GBP"} | wrong
    assert operation.status == "waiting"
    assert str(told["amount_minor"]) in str(operation.answer)
    assert told["currency"] in str(operation.answer)
    assert "The gateway speaks of" in read_one(session, CheckoutLock).needs_attention
    assert topics(session).count("CheckoutNeedsAttention") == 1

    take_notice(session, notice(lock, AUTHORIZE))
    advance(session, lock)
    assert (lock.state, lock.needs_attention) == ("completed", None)
