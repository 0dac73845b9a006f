"""`sandbox charges`, `sandbox send-webhooks`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.runtime import runtime_of
from console.extensions import db
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop
from console.testing.payments import TrialPayment
from tests.support.commands import Ran, Run
from tests.support.installation import build_app, close
from tests.support.listener import Listener
from tests.support.sandboxes import let_delayed_come_due

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def bought(app: APIFlask) -> CheckoutLock:
    """Buy a mug in the app's own shop."""
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        shop = Shop(session)
        shop.sell("MUG", price=1000)
        lock = shop.checkout()
        process(session, lock, payment=VISA)
    return lock


def test_the_ledger_is_listed_as_json(run: Run, bought: CheckoutLock) -> None:
    [charge] = run("charges", "--json", group="sandbox").document

    reference = charge.pop("provider_reference")
    assert reference.startswith("sb_")
    assert charge == {
        "lock_reference": bought.reference,
        "authorized": 1000,
        "captured": 1000,
        "voided": 0,
        "refunded": 0,
        "currency": "GBP",
        "status": "captured",
    }


def test_the_ledger_is_listed_for_people(run: Run, bought: CheckoutLock) -> None:
    assert bought.reference in run("charges", group="sandbox").out


def test_an_empty_ledger_is_an_empty_list(run: Run) -> None:
    assert run("charges", "--json", group="sandbox").document == []


@pytest.fixture
def told_shop(database_url: str, tmp_path: Path, listener: Listener) -> Iterator[APIFlask]:
    """Set a shop up whose gateway has one webhook for it."""
    app = build_app(database_url, tmp_path, PUBLIC_URL=listener.url)
    with app.app_context():
        gateway = runtime_of(db.session()).gateway
    payment = TrialPayment(gateway, "tok_async")
    payment.authorize()
    payment.capture()
    let_delayed_come_due(f"sqlite:///{tmp_path}/sandbox.sqlite3")
    yield app
    close(app)


def send_webhooks(app: APIFlask, *arguments: str) -> Ran:
    words = ["sandbox", "send-webhooks", *arguments]
    return Ran(app.test_cli_runner().invoke(args=words, catch_exceptions=False))


def test_what_the_gateway_has_to_tell_is_delivered(told_shop: APIFlask, listener: Listener) -> None:
    first, second = send_webhooks(told_shop, "--json"), send_webhooks(told_shop, "--json")

    assert (first.code, first.document) == (0, {"delivered": 1, "undelivered": 0})
    assert (second.code, second.document) == (0, {"delivered": 0, "undelivered": 0})
    [(path, headers, _body)] = listener.heard
    assert path == "/api/v1/webhooks/payments/sandbox"
    assert headers["Sandbox-Signature"].startswith("t=")


def test_what_is_not_acknowledged_is_said_and_kept(told_shop: APIFlask, listener: Listener) -> None:
    listener.statuses = [503]

    refused, delivered = send_webhooks(told_shop), send_webhooks(told_shop)

    assert (refused.code, refused.out) == (1, "0 delivered, 1 not.\n")
    assert "answered 503" in refused.err
    assert (delivered.code, delivered.out) == (0, "1 delivered, 0 not.\n")


@pytest.mark.parametrize("command", ["charges", "send-webhooks"])
def test_another_gateway_is_no_sandbox(database_url: str, tmp_path: Path, command: str) -> None:
    app = build_app(database_url, tmp_path, CHECKOUT_PAYMENT_GATEWAY="console.testing.scripted:ScriptedGateway")

    ran = Ran(app.test_cli_runner().invoke(args=["sandbox", command]))
    close(app)

    assert ran.code == 1
    assert "not the sandbox" in ran.err
