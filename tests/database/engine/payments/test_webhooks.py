"""What a gateway tells by itself: twice, out of order, at once with its answer, stale, unknown, wrong, late, unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import Payment, advance, cancel, process, resolve, resume
from console.engine.care.comparison import find_differences
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import InvalidWebhook, NotFound, PaymentDeclined, PaymentPending
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, PaymentNotice, SendsWebhooks
from console.engine.payments.notices import take_notice
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.webhooks import sign
from console.models import CheckoutLock, Order, PaymentOperation
from console.testing.clock import FrozenClock
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, after, answer, approve, refuse, stay_silent, wait_for_shopper
from tests.support.engine.facts import statuses
from tests.support.engine.purchases import start_waiting, topics
from tests.support.engine.rows import read_one
from tests.support.sandboxes import let_delayed_come_due

AUTHORIZE, CAPTURE, VOID, REFUND = OperationKind
SUCCEEDED, REFUSED, WAITING = OperationStatus.SUCCEEDED, OperationStatus.REFUSED, OperationStatus.WAITING
SECRET = "test-webhook-secret"


def notice(lock: CheckoutLock, kind: OperationKind, status: OperationStatus = SUCCEEDED, **facts: Any) -> PaymentNotice:
    """Build what a gateway tells of a mug's payment."""
    signed_at = facts.pop("signed_at", datetime.now(UTC))
    told = {"amount_minor": 1000, "currency": "GBP"} | facts
    return PaymentNotice(lock.reference, kind, GatewayAnswer(status, "py_1", **told), signed_at)


def waiting_for_shopper(session: Session, shop: Shop, bank: ScriptedGateway) -> CheckoutLock:
    shop.sell()
    return start_waiting(session, shop, bank)


def wait(request: Any) -> GatewayAnswer:
    """Take a capture in, and let it take a while."""
    return answer(request, WAITING)


class TestTwiceAndInAnyOrder:
    """Facts only rise."""

    def test_a_webhook_that_comes_twice_is_one_fact(self, session: Session, shop: Shop, bank: ScriptedGateway) -> None:
        lock = waiting_for_shopper(session, shop, bank)

        for _ in range(2):
            take_notice(session, notice(lock, AUTHORIZE))
            advance(session, lock)

        assert read_one(session, Order).status == "paid"
        assert topics(session).count("CheckoutCompleted") == 1
        assert bank.calls == ["authorize", "capture"]
        assert check_all(session) == []

    @pytest.mark.parametrize("late", [REFUSED, WAITING])
    def test_a_webhook_out_of_order_takes_nothing_back(
        self, session: Session, shop: Shop, bank: ScriptedGateway, late: OperationStatus
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)

        take_notice(session, notice(lock, AUTHORIZE))
        take_notice(session, notice(lock, AUTHORIZE, late))

        assert statuses(session) == {"authorize": "succeeded"}
        advance(session, lock)
        assert lock.state == "completed"

    def test_a_webhook_before_the_synchronous_answer_is_kept(
        self, session: Session, shop: Shop, bank: ScriptedGateway, support: Session
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        tell = notice(lock, AUTHORIZE)
        bank.script("authorize", after(lambda: take_notice(support, tell), wait_for_shopper))

        assert process(session, lock, payment=VISA).status == "paid"
        assert check_all(session) == []

    def test_a_webhook_that_says_waiting_first_keeps_no_shopper_from_the_bank_s_page(
        self, session: Session, shop: Shop, bank: ScriptedGateway, support: Session
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        told = notice(lock, AUTHORIZE, WAITING)
        bank.script("authorize", after(lambda: take_notice(support, told), wait_for_shopper))

        with pytest.raises(PaymentPending) as pending:
            process(session, lock, payment=VISA)

        assert pending.value.context["next_action"] == {"type": "redirect", "url": "https://bank.example/3ds"}

    def test_a_webhook_after_the_synchronous_answer_changes_nothing(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        process(session, lock, payment=VISA)

        for kind in (CAPTURE, AUTHORIZE):
            take_notice(session, notice(lock, kind))

        assert statuses(session) == {"authorize": "succeeded", "capture": "succeeded"}
        assert read_one(session, CheckoutLock).state == "completed"
        assert topics(session) == ["CheckoutStarted", "CheckoutCompleted"]

    @pytest.mark.parametrize("status", [SUCCEEDED, REFUSED])
    def test_webhooks_and_the_synchronous_answer_at_once_have_one_end(
        self, session: Session, shop: Shop, bank: ScriptedGateway, database: Engine, status: OperationStatus
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        told = notice(lock, CAPTURE, status, code=None if status is SUCCEEDED else "card_declined")
        barrier = Barrier(5)
        bank.script("capture", after(barrier.wait, approve if status is SUCCEEDED else refuse("card_declined")))

        def tell() -> None:
            with Session(database, expire_on_commit=False) as mine:
                barrier.wait()
                take_notice(mine, told)

        def pay() -> str:
            try:
                return process(session, lock, payment=VISA).status
            except PaymentDeclined as refusal:
                return refusal.code

        with ThreadPoolExecutor(5) as threads:
            payment = threads.submit(pay)
            for told_once in [threads.submit(tell) for _ in range(4)]:
                told_once.result()
            assert payment.result() == ("paid" if status is SUCCEEDED else "declined")

        assert len([topic for topic in topics(session) if topic in ("CheckoutCompleted", "CheckoutFailed")]) == 1
        assert read_one(session, CheckoutLock).lease_owner is None
        assert check_all(session) == []


class TestRefused:
    """What is not taken, and why."""

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_a_stale_webhook_is_refused_and_changes_nothing(
        self, session: Session, shop: Shop, bank: ScriptedGateway, seconds: int
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        stale = notice(lock, AUTHORIZE, signed_at=datetime.now(UTC) + timedelta(seconds=seconds))

        with pytest.raises(InvalidWebhook):
            take_notice(session, stale)

        assert statuses(session) == {"authorize": "waiting"}

    @pytest.mark.parametrize("seconds", [-290, 290])
    def test_a_webhook_may_be_minutes_on_its_way(
        self, session: Session, shop: Shop, bank: ScriptedGateway, seconds: int
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)

        take_notice(session, notice(lock, AUTHORIZE, signed_at=datetime.now(UTC) + timedelta(seconds=seconds)))

        assert statuses(session) == {"authorize": "succeeded"}

    def test_its_age_is_told_by_the_database_s_clock_and_not_by_this_host_s(
        self, session: Session, shop: Shop, bank: ScriptedGateway
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
        self, session: Session, shop: Shop, bank: ScriptedGateway, reference: str
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)

        with pytest.raises(NotFound):
            take_notice(session, replace(notice(lock, AUTHORIZE), reference=reference))

        assert statuses(session) == {"authorize": "waiting"}

    def test_a_checkout_without_a_payment_is_an_unknown_payment(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()

        with pytest.raises(NotFound):
            take_notice(session, notice(shop.checkout(), CAPTURE))

    def test_a_payment_at_another_gateway_is_an_unknown_payment(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        bank.name = "elsewhere"

        with pytest.raises(NotFound):
            take_notice(session, notice(lock, AUTHORIZE))

        assert statuses(session) == {"authorize": "waiting"}

    @pytest.mark.parametrize("wrong", [{"amount_minor": 999}, {"currency": "USD"}])
    def test_a_wrong_amount_or_currency_is_stored_and_not_taken(
        self, session: Session, shop: Shop, bank: ScriptedGateway, wrong: dict[str, Any]
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


class TestLongAfterTheEnd:
    """Late money goes back."""

    def test_a_capture_told_long_after_the_end_is_refunded(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        bank.script("capture", refuse("card_declined"))
        with pytest.raises(PaymentDeclined):
            process(session, lock, payment=VISA)

        in_a_month = datetime.now(UTC) + timedelta(days=30)
        with FrozenClock(in_a_month):
            told = take_notice(session, notice(lock, CAPTURE, signed_at=in_a_month))
            assert told.state == "rolling_back"
            assert "being given back" in told.needs_attention
            advance(session, lock)

        assert (lock.state, lock.outcome, lock.needs_attention) == ("failed", "declined", None)
        assert statuses(session)["refund"] == "succeeded"
        assert topics(session).count("CheckoutFailed") == 1
        assert check_all(session) == []

    def test_an_approval_after_the_shopper_gave_up_is_voided(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        bank.script("void", stay_silent, stay_silent)
        cancel(session, lock)

        take_notice(session, notice(lock, AUTHORIZE))
        advance(session, lock)

        assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
        assert (lock.state, lock.outcome) == ("failed", "cancelled")
        assert check_all(session) == []


class TestUnasked:
    """What the gateway did though we never asked for it."""

    def test_an_unasked_capture_of_a_checkout_that_went_back_is_written_down_and_refunded(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        cancel(session, lock)

        take_notice(session, notice(lock, CAPTURE))
        assert read_one(session, CheckoutLock).needs_attention
        advance(session, lock)

        assert statuses(session)["capture"] == statuses(session)["refund"] == "succeeded"
        assert lock.state == "failed"
        assert check_all(session) == []

    def test_an_unasked_capture_of_a_checkout_on_its_way_is_found_by_its_own_capture(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)

        told = take_notice(session, notice(lock, CAPTURE))
        assert "that we did not ask for" in told.needs_attention
        bank.script("capture", refuse("already_captured"))
        take_notice(session, notice(lock, AUTHORIZE))
        advance(session, lock)

        assert (lock.state, lock.needs_attention) == ("completed", None)
        assert check_all(session) == []

    def test_an_unasked_capture_of_a_checkout_that_goes_back_later_is_found_by_its_void(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        take_notice(session, notice(lock, CAPTURE))
        bank.script("void", refuse("already_captured"))

        cancel(session, lock)
        take_notice(session, notice(lock, AUTHORIZE))
        advance(session, lock)

        assert statuses(session) == {
            "authorize": "succeeded",
            "void": "refused",
            "capture": "succeeded",
            "refund": "succeeded",
        }
        assert lock.state == "failed"
        assert check_all(session) == []

    def test_an_unasked_capture_that_never_was_is_ended_by_a_word_about_the_authorization(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        take_notice(session, notice(lock, CAPTURE))
        cancel(session, lock)
        assert (lock.state, statuses(session)) == ("failed", {"authorize": "refused", "void": "succeeded"})
        assert "a capture of 1000 GBP" in (read_one(session, CheckoutLock).needs_attention or "")

        operation = read_one(session, PaymentOperation, kind="authorize")
        resolve(session, operation, happened=False, actor="ada", reason="the dashboard shows none")

        assert read_one(session, CheckoutLock).needs_attention is None

    def test_an_unasked_refund_of_a_sale_is_written_down_and_calls_for_a_human(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        process(session, lock, payment=VISA)

        for _ in range(2):
            told = take_notice(session, notice(lock, REFUND))

        assert told.needs_attention == (
            "The gateway tells of a refund of 1000 GBP (minor units) that we did not ask for."
        )
        assert statuses(session)["refund"] == "succeeded"
        assert read_one(session, Order).status == "paid"
        assert topics(session).count("CheckoutNeedsAttention") == 1
        assert check_all(session) == []

    def test_an_unasked_refund_during_the_capture_calls_for_a_human_though_the_sale_is_made(
        self, session: Session, shop: Shop, bank: ScriptedGateway, support: Session
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        told = notice(lock, REFUND)
        bank.script("capture", after(lambda: take_notice(support, told)))

        assert process(session, lock, payment=VISA).status == "paid"

        assert "tells of a refund of 1000 GBP" in (lock.needs_attention or "")
        assert check_all(session) == []

    @pytest.mark.parametrize("status", [REFUSED, WAITING])
    def test_what_was_neither_asked_for_nor_done_is_nothing(
        self, session: Session, shop: Shop, bank: ScriptedGateway, status: OperationStatus
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)

        told = take_notice(session, notice(lock, CAPTURE, status))

        assert told.needs_attention is None
        assert statuses(session) == {"authorize": "waiting"}


class TestWaiting:
    """Payments that wait: how long, and what is asked meanwhile."""

    def test_a_waiting_authorization_shortens_the_deadline_and_never_lengthens_it(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        lasts = lock.expires_at - lock.changed_at
        assert timedelta(seconds=295) < lasts <= timedelta(seconds=300)
        assert lock.lease_owner is None

        other = shop.checkout()
        bank.script("authorize", wait_for_shopper)
        with FrozenClock(other.expires_at - timedelta(seconds=30)), pytest.raises(PaymentPending):
            process(session, other, payment=VISA)
        assert read_one(session, CheckoutLock, id=other.id).expires_at == other.expires_at

    def test_a_waiting_capture_keeps_order_and_stock_and_ends_when_told(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        bank.script("capture", wait)
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)
        assert (lock.state, lock.lease_owner, read_one(session, Order).status) == ("capturing", None, "pending")

        take_notice(session, notice(lock, CAPTURE))
        advance(session, lock)

        assert read_one(session, Order).status == "paid"
        assert check_all(session) == []

    def test_a_waiting_capture_that_is_refused_in_the_end_gives_everything_back(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        bank.script("capture", wait)
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)

        take_notice(session, notice(lock, CAPTURE, REFUSED, code="card_declined"))
        advance(session, lock)

        assert (lock.state, lock.outcome, read_one(session, Order).status) == ("failed", "declined", "cancelled")
        assert check_all(session) == []

    def test_an_authorization_that_expired_before_its_capture_declines_the_payment(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        bank.script("capture", refuse("authorization_expired"))
        bank.script("void", refuse("authorization_expired"))

        with pytest.raises(PaymentDeclined):
            process(session, lock, payment=VISA)

        assert statuses(session) == {"authorize": "succeeded", "capture": "refused", "void": "succeeded"}
        assert (lock.state, lock.needs_attention) == ("failed", None)
        assert check_all(session) == []

    def test_going_on_asks_after_a_payment_that_waits(
        self, session: Session, shop: Shop, bank: ScriptedGateway
    ) -> None:
        """The shopper may be back before the webhook."""
        lock = waiting_for_shopper(session, shop, bank)
        with pytest.raises(PaymentPending) as pending:
            resume(session, lock)
        assert pending.value.context["next_action"]["url"] == "https://bank.example/3ds"
        bank.script("find", approve_mug)

        assert resume(session, lock).status == "paid"
        assert [call for call in bank.calls if call != "find authorize"] == ["authorize", "capture"]

    @pytest.mark.parametrize("line", [stay_silent, after(lambda: 1 / 0)])
    def test_silence_about_a_payment_that_waits_leaves_it_waiting(
        self, session: Session, shop: Shop, bank: ScriptedGateway, line: Callable[..., Any]
    ) -> None:
        lock = waiting_for_shopper(session, shop, bank)
        bank.script("find", line)

        with pytest.raises(PaymentPending):
            resume(session, lock)

        assert statuses(session) == {"authorize": "waiting"}

    def test_a_waiting_payment_that_is_cancelled_leaves_no_difference_to_the_gateway_s_ledger(
        self, session: Session, shop: Shop, gateway: SandboxGateway
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        with pytest.raises(PaymentPending):
            process(session, lock, payment=Payment("card", "tok_3ds"))

        cancel(session, lock)

        assert (lock.state, lock.outcome) == ("failed", "cancelled")
        assert statuses(session) == {"authorize": "refused", "void": "succeeded"}
        assert find_differences(session) == []
        assert check_all(session) == []

    @pytest.mark.parametrize("token", ["tok_late_capture", "tok_refund_fails_twice", "tok_lost_refund"])
    def test_late_money_at_the_sandbox_is_all_given_back(
        self, session: Session, shop: Shop, gateway: SandboxGateway, tmp_path: Any, token: str
    ) -> None:
        shop.sell()
        lock = shop.checkout()
        with pytest.raises(PaymentDeclined):
            process(session, lock, payment=Payment("card", token))
        let_delayed_come_due(f"sqlite:///{tmp_path}/sandbox.sqlite3")
        [entry] = gateway.ledger()
        assert (entry.captured, entry.refunded) == (1000, 0)

        take_notice(session, notice(lock, CAPTURE))
        for _ in range(2):  # the first round of tries may be in vain
            advance(session, lock)

        [entry] = gateway.ledger()
        assert (entry.captured, entry.refunded) == (1000, 1000)
        assert (lock.state, lock.needs_attention) == ("failed", None)
        assert find_differences(session) == []
        assert check_all(session) == []


class TestSignature:
    """The sandbox's `Sandbox-Signature`."""

    BODY = json.dumps(
        {
            "reference": "K7Q2-M9XA",
            "kind": "capture",
            "status": "succeeded",
            "provider_reference": "sb_1",
            "amount": 1000,
            "currency": "GBP",
            "code": None,
            "message": None,
        }
    ).encode()

    def test_the_sandbox_is_a_gateway_that_sends_webhooks(self, gateway: SandboxGateway) -> None:
        assert isinstance(gateway, SendsWebhooks)
        assert not isinstance(ScriptedGateway(), SendsWebhooks)

    @pytest.mark.parametrize("name", ["Sandbox-Signature", "sandbox-signature"])
    def test_a_signed_webhook_is_read(self, gateway: SandboxGateway, name: str) -> None:
        read = gateway.read_webhook(self.BODY, {name: sign(self.BODY, secret=SECRET, at=1_700_000_000)})

        assert (read.reference, read.kind, read.answer.status) == ("K7Q2-M9XA", CAPTURE, SUCCEEDED)
        assert (read.answer.amount_minor, read.answer.currency) == (1000, "GBP")
        assert read.signed_at == datetime.fromtimestamp(1_700_000_000, UTC)

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "v1=00",
            "t=1700000000",
            "t=1700000000,v1=",
            "t=1700000000,v1=00",
            "t=1700000000,v1=é",
            "t=-5,v1=00",
            "t=²,v1=00",
            f"t={'9' * 400},v1=00",
            sign(BODY, secret="another secret", at=1_700_000_000),
            sign(BODY + b" ", secret=SECRET, at=1_700_000_000),
            sign(BODY, secret=SECRET, at=1_700_000_001).replace("001,", "000,"),
        ],
    )
    def test_a_forged_webhook_is_refused(self, gateway: SandboxGateway, header: str) -> None:
        with pytest.raises(InvalidWebhook):
            gateway.read_webhook(self.BODY, {"Sandbox-Signature": header} if header else {})

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff",
            b"[]",
            b"{}",
            b"[" * 100_000,
            BODY.replace(b'"capture"', b'"gift"'),
            BODY.replace(b'"succeeded"', b'"perhaps"'),
            BODY.replace(b"1000", b'"1000"'),
            BODY.replace(b"1000", b"true"),
            BODY.replace(b"1000", b"-1"),
            BODY.replace(b"1000", b"99999999999999999999"),
            BODY.replace(b'"GBP"', b"null"),
            BODY.replace(b'"GBP"', b'"POUND"'),
            BODY.replace(b'"K7Q2-M9XA"', b"7"),
        ],
    )
    def test_a_signed_webhook_without_sense_is_refused(self, gateway: SandboxGateway, body: bytes) -> None:
        with pytest.raises(InvalidWebhook):
            gateway.read_webhook(body, {"Sandbox-Signature": sign(body, secret=SECRET, at=1_700_000_000)})


def approve_mug(request: Any) -> GatewayAnswer:
    return answer(request, SUCCEEDED, amount_minor=1000)
