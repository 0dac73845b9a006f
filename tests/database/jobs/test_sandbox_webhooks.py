"""The sandbox's webhooks on their way: from its ledger, by the worker, to a shop that really listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.webhooks import read_webhook
from console.jobs.sandbox_webhooks import send_sandbox_webhooks
from console.testing.factories import ADDRESS, Shop
from console.testing.payments import TrialPayment
from console.testing.scripted import ScriptedGateway
from tests.support.listener import Listener
from tests.support.sandboxes import end_pauses, entry_of, let_delayed_come_due, open_sandbox, queued_bodies
from tests.support.web.gunicorn import Server, serve
from tests.support.workers import StartWorker, run_sql, wait_for


@contextmanager
def sandbox_of(listener: Listener, ledger_url: str) -> Iterator[SandboxGateway]:
    gateway = SandboxGateway(ledger_url, public_url=f"{listener.url}/shop", webhook_secret="secret")
    yield gateway
    gateway.close()


@pytest.fixture
def ledger_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.sqlite3"


@pytest.fixture
def sandbox(listener: Listener, ledger_url: str) -> Iterator[SandboxGateway]:
    """Give a sandbox with one webhook to send."""
    with sandbox_of(listener, ledger_url) as gateway:
        payment = TrialPayment(gateway, "tok_async")
        payment.authorize()
        payment.capture()
        let_delayed_come_due(ledger_url)
        yield gateway


def test_a_webhook_is_signed_and_sent_to_the_shop_s_own_address(listener: Listener, sandbox: SandboxGateway) -> None:
    [delivery] = sandbox.send_webhooks()

    [(path, headers, body)] = listener.heard
    assert (delivery.is_delivered, delivery.status) == (True, 200)
    assert path == "/shop/api/v1/webhooks/payments/sandbox"
    told = read_webhook(body, headers, secret="secret")
    assert (told.kind, told.answer.amount_minor) == ("capture", 1299)
    assert list(sandbox.send_webhooks()) == []


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_a_webhook_is_kept_until_it_is_acknowledged_and_signed_anew(
    listener: Listener, sandbox: SandboxGateway, ledger_url: str, status: int
) -> None:
    listener.statuses = [status]

    [refused] = sandbox.send_webhooks()
    resting = list(sandbox.send_webhooks(is_patient=True))
    end_pauses(ledger_url)
    [delivered] = sandbox.send_webhooks(is_patient=True)

    assert (refused.is_delivered, refused.status, resting) == (False, status, [])
    assert (delivered.is_delivered, delivered.attempts) == (True, 2)
    assert len(listener.heard) == 2
    assert listener.heard[0][2] == listener.heard[1][2]


def test_somebody_who_sends_by_hand_waits_for_no_pause(listener: Listener, sandbox: SandboxGateway) -> None:
    listener.statuses = [500]

    assert [delivery.status for _ in range(2) for delivery in sandbox.send_webhooks()] == [500, 200]


def test_a_shop_that_does_not_listen_is_no_delivery(
    listener: Listener, sandbox: SandboxGateway, ledger_url: str
) -> None:
    deaf = SandboxGateway(ledger_url, public_url="http://127.0.0.1:1", webhook_secret="secret")

    [delivery] = deaf.send_webhooks()
    deaf.close()

    assert (delivery.is_delivered, delivery.status) == (False, None)
    assert delivery.error
    assert len(queued_bodies(ledger_url, "")) == 1


def test_a_webhook_is_taken_by_one_sender_at_a_time(
    listener: Listener, sandbox: SandboxGateway, ledger_url: str
) -> None:
    with sandbox_of(listener, ledger_url) as other:
        first = sandbox.send_webhooks(is_patient=True)
        deliveries = [*first, *other.send_webhooks(is_patient=True)]

    assert len(deliveries) == len(listener.heard) == 1


def test_a_worker_with_another_gateway_sends_nothing(session: Session, database: Engine) -> None:
    attach(database, config=CheckoutConfig(), gateway=ScriptedGateway())

    send_sandbox_webhooks(session, stop=threading.Event())


class TestWithWebServerAndWorker:
    """Everything at work: gunicorn, the worker, the ledger."""

    @pytest.mark.databases("postgresql")
    @pytest.mark.parametrize(
        ("token", "status", "end"),
        [
            ("tok_async", 202, ("completed", None)),
            ("tok_refund_fails_twice", 402, ("failed", "declined")),
        ],
    )
    def test_what_the_gateway_does_later_comes_right_by_itself(
        self,
        database: Engine,
        session: Session,
        shop: Shop,
        start_worker: StartWorker,
        tmp_path: Path,
        *,
        token: str,
        status: int,
        end: tuple[str, str | None],
    ) -> None:
        shop.sell("MUG", price=1000)
        session.commit()
        with serve(str(database.url.render_as_string(hide_password=False)), tmp_path, workers=1) as server:
            start_worker(PORT=str(server.port))
            reference = buy(server, token=token, expected=status)
            ledger = open_sandbox(f"sqlite:///{tmp_path}/sandbox.sqlite3")
            wait_for(lambda: captured_at(ledger, reference) == 1000, at_most_seconds=30)
            wait_for(lambda: state(database) == [(*end, None)], at_most_seconds=60)
            entry = entry_of(ledger, reference)
            ledger.close()

        assert entry.refunded == (0 if status == 202 else 1000)
        assert check_all(session) == []


def captured_at(ledger: SandboxGateway, reference: str) -> int:
    return entry_of(ledger, reference).captured


def state(database: Engine) -> list[tuple[Any, ...]]:
    query = (
        "SELECT state, outcome, needs_attention FROM checkout_locks WHERE NOT EXISTS "
        "(SELECT 1 FROM payment_operations WHERE lock_id = checkout_locks.id AND kind = 'capture' "
        "AND status <> 'succeeded')"
    )
    return [tuple(row) for row in run_sql(database, query)]


def buy(server: Server, *, token: str, expected: int) -> str:
    """Buy a mug by the API; give the checkout's reference."""
    cart = {"email": "ada@example.org", "shipping_address": ADDRESS, "lines": [{"sku": "MUG", "quantity": 1}]}
    made = server.ask("POST", "/api/v1/carts", body=cart).body
    shopper = {"Authorization": f"Bearer {made['token']}"}
    lock = server.ask("POST", f"/api/v1/carts/{made['id']}/checkout", body={}, **shopper).body
    payment = {"payment": {"method": "card", "token": token}}
    paid = server.ask("POST", f"/api/v1/checkouts/{lock['id']}/process", body=payment, **shopper)
    assert paid.status == expected, paid.body
    reference: str = lock["reference"]
    return reference
