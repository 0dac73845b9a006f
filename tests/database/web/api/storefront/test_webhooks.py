"""The gateway's webhooks as they come in by HTTP: who is let in, what is stored, and what follows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.engine.care.ledger_comparison import find_differences
from console.extensions import db
from console.gateways.sandbox.webhooks import sign
from console.models import CheckoutLock, Order, PaymentOperation
from console.models.types import clock
from console.testing.factories import Shop
from tests.support.engine.rows import read_now
from tests.support.web.cases import in_case
from tests.support.web.sandbox import SECRET, Sandbox
from tests.support.web.shopper import Shopper


@pytest.fixture
def sandbox_at(make_shopper: Callable[..., Shopper], tmp_path: Path) -> Callable[..., Sandbox]:
    return lambda **settings: Sandbox(make_shopper(SANDBOX_WEBHOOK_SECRET=SECRET, **settings), tmp_path)


@pytest.fixture
def sandbox(sandbox_at: Callable[..., Sandbox]) -> Sandbox:
    return sandbox_at()


@pytest.fixture
def asked(sandbox: Sandbox, shop: Shop) -> dict[str, Any]:
    """Pay a mug with a card whose bank asks first; give the answer."""
    shop.sell("MUG", price=1000)
    response = sandbox.shopper.fill_cart().buy(card="tok_3ds")
    assert response.status_code == 202, response.text
    return response.get_json()  # type: ignore[no-any-return]


@pytest.mark.databases("sqlite")
def test_a_payment_that_waits_for_its_shopper_says_where_to_go(sandbox: Sandbox, asked: dict[str, Any]) -> None:
    url = asked["next_action"]["url"]
    assert asked["next_action"]["type"] == "redirect"
    assert url.startswith("http://127.0.0.1:8000/sandbox/3ds/")
    assert asked["checkout"]["state"] == "authorizing"
    assert "confirm the payment with your bank" in asked["checkout"]["message"]
    assert sandbox.shopper.status()["next_action"] == asked["next_action"]

    again = sandbox.shopper.ask("POST", f"/checkouts/{asked['checkout']['id']}/resume", json={})

    assert (again.status_code, again.get_json()["next_action"]) == (202, asked["next_action"])


@pytest.mark.databases("sqlite")
def test_what_a_payment_asks_for_is_told_to_its_own_session_only(sandbox: Sandbox, asked: dict[str, Any]) -> None:
    other = sandbox.shopper.on("another-device").status()

    assert (other["next_action"], other["can_resume"]) == (None, False)


def test_an_approved_payment_becomes_an_order_by_its_webhook(
    sandbox: Sandbox, session: Session, asked: dict[str, Any]
) -> None:
    sandbox.decide(asked["next_action"]["url"])

    [body] = sandbox.bodies()
    answer = sandbox.send(body)

    assert (answer.status_code, answer.get_json()) == (200, {"is_stored": True})
    assert read_now(session, Order).status == "paid"
    assert sandbox.shopper.status()["state"] == "completed"
    assert check_all(session) == []


def test_a_refused_payment_ends_declined_and_the_cart_can_be_bought_anew(
    sandbox: Sandbox, session: Session, asked: dict[str, Any]
) -> None:
    sandbox.decide(asked["next_action"]["url"], is_approved=False)

    [body] = sandbox.bodies()
    assert sandbox.send(body).status_code == 200

    lock = read_now(session, CheckoutLock)
    assert (lock.state, lock.outcome) == ("failed", "declined")
    assert sandbox.shopper.buy().status_code == 201


def test_the_way_back_needs_no_webhook(sandbox: Sandbox, asked: dict[str, Any]) -> None:
    sandbox.decide(asked["next_action"]["url"])

    resumed = sandbox.shopper.ask("POST", f"/checkouts/{asked['checkout']['id']}/resume", json={})

    assert resumed.status_code == 201
    [body] = sandbox.bodies()
    assert sandbox.send(body).status_code == 200
    assert [entry.captured for entry in sandbox.gateway().ledger()] == [1000]


def test_the_same_webhook_may_come_many_times(sandbox: Sandbox, session: Session, asked: dict[str, Any]) -> None:
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()

    statuses = [sandbox.send(body).status_code for _ in range(3)]

    assert statuses == [200] * 3
    assert [entry.captured for entry in sandbox.gateway().ledger()] == [1000]
    assert check_all(session) == []


def test_an_asynchronous_capture_is_an_order_once_it_settles(sandbox: Sandbox, session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    waiting = sandbox.shopper.fill_cart().buy(card="tok_async")
    assert (waiting.status_code, waiting.get_json()["next_action"]) == (202, None)
    assert read_now(session, Order).status == "pending"
    assert "Waiting for your bank" in sandbox.shopper.status()["message"]
    session.commit()

    sandbox.settle()

    assert read_now(session, Order).status == "paid"
    assert check_all(session) == []


@pytest.mark.parametrize("token", ["tok_late_capture", "tok_lost_refund"])
def test_late_money_is_back_once_its_webhook_is_acknowledged(
    sandbox: Sandbox, session: Session, shop: Shop, token: str
) -> None:
    shop.sell("MUG", price=1000)
    assert sandbox.shopper.fill_cart().buy(card=token).status_code == 402

    sandbox.settle()

    [entry] = sandbox.gateway().ledger()
    assert (entry.captured, entry.refunded) == (1000, 1000)
    lock = read_now(session, CheckoutLock)
    assert (lock.state, lock.outcome, lock.needs_attention) == ("failed", "declined", None)
    with sandbox.shopper.app.app_context():
        assert find_differences(db.session()) == []
    assert check_all(session) == []


def test_an_unsigned_webhook_is_refused(sandbox: Sandbox, session: Session, asked: dict[str, Any]) -> None:
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()

    for signature in (None, "", "t=1,v1=00", "nonsense", "t=1700000000,v1=é"):
        with in_case(signature):
            refused = sandbox.post(body, signature=None if signature is None else signature.encode().decode("latin-1"))

            assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_webhook")
            assert read_now(session, PaymentOperation).status == "waiting"


def test_a_forged_webhook_is_refused(sandbox: Sandbox, session: Session, asked: dict[str, Any]) -> None:
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()
    good = sign(body.encode(), secret=SECRET, at=int(time.time()))

    assert sandbox.send(body, secret="guessed").status_code == 400
    assert sandbox.post(body.replace("1000", "1"), signature=good).status_code == 400
    assert read_now(session, PaymentOperation).status == "waiting"
    assert sandbox.post(body, signature=good).status_code == 200


def test_a_webhook_with_a_stale_timestamp_is_refused(sandbox: Sandbox, session: Session, asked: dict[str, Any]) -> None:
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()

    for seconds in (-302, 302):
        with in_case(seconds):
            refused = sandbox.send(body, at=time.time() + seconds)

            assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_webhook")
            assert read_now(session, PaymentOperation).status == "waiting"


@pytest.mark.databases("sqlite")
def test_a_signed_webhook_without_sense_is_refused(sandbox: Sandbox) -> None:
    bodies = ("", "{}", "[]", "null", '"words"', "[" * 50_000)

    statuses = {body: sandbox.send(body).status_code for body in bodies}

    assert statuses == dict.fromkeys(bodies, 400)


@pytest.mark.databases("sqlite")
def test_a_webhook_of_another_gateway_is_not_at_home_here(sandbox: Sandbox) -> None:
    for provider in ("stripe", "Sandbox", "sandbox%20", "%00"):
        with in_case(provider):
            refused = sandbox.send("{}", path=f"/webhooks/payments/{provider}")

            assert (refused.status_code, refused.get_json()["error"]) == (404, "not_found")


@pytest.mark.databases("sqlite")
def test_a_gateway_without_webhooks_has_no_endpoint(sandbox_at: Callable[..., Sandbox]) -> None:
    sandbox = sandbox_at(CHECKOUT_PAYMENT_GATEWAY="console.testing.scripted:ScriptedGateway")

    assert sandbox.send("{}", path="/webhooks/payments/scripted").status_code == 404


def test_a_webhook_for_an_unknown_payment_is_not_acknowledged(sandbox: Sandbox, asked: dict[str, Any]) -> None:
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()

    refused = sandbox.send(body.replace(asked["checkout"]["reference"], "ZZZZ-ZZZZ"))

    assert (refused.status_code, refused.get_json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("wrong", [{"amount": 999}, {"currency": "USD"}])
def test_a_webhook_with_a_wrong_amount_is_stored_and_not_taken(
    sandbox: Sandbox, session: Session, asked: dict[str, Any], wrong: dict[str, Any]
) -> None:
    told = {"reference": asked["checkout"]["reference"], "kind": "authorize", "status": "succeeded"}
    told |= {"provider_reference": "sb_1", "amount": 1000, "currency": "GBP", "code": None, "message": None}

    assert sandbox.send(json.dumps(told | wrong)).status_code == 200

    lock = read_now(session, CheckoutLock)
    assert lock.state == "authorizing"
    assert "The gateway speaks of" in lock.needs_attention
    session.commit()
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()
    assert sandbox.send(body).status_code == 200
    assert read_now(session, CheckoutLock).state == "completed"


def test_what_was_told_stays_stored_though_another_request_drives(
    sandbox: Sandbox, session: Session, asked: dict[str, Any]
) -> None:
    lock = read_now(session, CheckoutLock)
    session.execute(
        update(CheckoutLock).where(CheckoutLock.id == lock.id).values(lease_owner="somebody", lease_until=clock(60))
    )
    session.commit()
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()

    answer = sandbox.send(body)

    assert (answer.status_code, answer.get_json()) == (200, {"is_stored": True})
    assert read_now(session, PaymentOperation).status == "succeeded"
    assert read_now(session, CheckoutLock).state == "authorizing"


@pytest.mark.databases("sqlite")
def test_webhooks_are_not_counted_as_a_shopper_s_calls(sandbox_at: Callable[..., Sandbox], shop: Shop) -> None:
    sandbox = sandbox_at(CHECKOUT_RATE_LIMIT="2 per minute")
    shop.sell("MUG", price=1000)
    asked = sandbox.shopper.fill_cart().buy(card="tok_3ds").get_json()
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()

    answers = [sandbox.send(body) for _ in range(8)]

    assert [answer.status_code for answer in answers] == [200] * 8
    assert "X-RateLimit-Limit" not in answers[0].headers


@pytest.mark.databases("postgresql")
def test_a_webhook_that_cannot_be_stored_is_not_acknowledged(
    sandbox: Sandbox, asked: dict[str, Any], make_shopper: Callable[..., Shopper], tmp_path: Path
) -> None:
    sandbox.decide(asked["next_action"]["url"])
    [body] = sandbox.bodies()
    nowhere = "postgresql://postgres@127.0.0.1:1/nowhere"
    cut_off = Sandbox(make_shopper(SANDBOX_WEBHOOK_SECRET=SECRET, DATABASE_URL=nowhere), tmp_path)

    refused = cut_off.send(body)

    assert (refused.status_code, refused.get_json()["error"]) == (503, "database_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert sandbox.bodies() == [body]
