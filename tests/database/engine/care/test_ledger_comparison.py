"""Our operations against the gateway's ledger, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.engine.care import doctor, ledger_comparison
from console.engine.care.ledger_comparison import Difference, find_differences
from console.engine.machine import OperationKind
from console.engine.payments.gateway import GatewayRequest
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import Reader
from console.engine.store.moments import moment_ago
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway
from tests.support.engine.slow_tables import lose_patience, slow_table


def pay(session: Session, shop: Shop, token: str) -> CheckoutLock:
    lock = shop.checkout()
    with suppress(CheckoutError):
        process(session, lock, payment=Payment("card", token))
    return lock


def change(session: Session, kind: str, *, lock_id: int | None = None, **values: Any) -> None:
    these = (PaymentOperation.kind == kind, *([] if lock_id is None else [PaymentOperation.lock_id == lock_id]))
    session.execute(update(PaymentOperation).where(*these).values(values))
    session.commit()


@pytest.mark.parametrize("token", ["tok_visa", "tok_declined", "tok_capture_declined", "tok_lost_capture"])
def test_both_agree_after_any_end(session: Session, shop: Shop, token: str) -> None:
    shop.sell()
    pay(session, shop, token)

    assert find_differences(session) == []


def test_an_operation_in_doubt_is_no_difference(session: Session, shop: Shop) -> None:
    shop.sell()
    pay(session, shop, "tok_visa")
    change(session, "capture", status="unknown", resolved_at=None)

    assert find_differences(session) == []


def test_what_only_we_have_is_told(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = pay(session, shop, "tok_declined")
    change(session, "authorize", status="succeeded")

    assert find_differences(session) == [Difference(lock.reference, "authorize", ours=1000, theirs=0)]


def test_what_only_the_gateway_has_is_told(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell()
    request = GatewayRequest(OperationKind.AUTHORIZE, "AAAA-AAAA", "key", 500, "GBP", token="tok_visa")
    gateway.authorize(request, timeout_seconds=5)

    assert find_differences(session) == [Difference("AAAA-AAAA", "authorize", ours=0, theirs=500)]


@pytest.mark.parametrize("values", [{"amount": 999}, {"currency": "EUR"}])
def test_another_amount_or_currency_is_told(session: Session, shop: Shop, values: dict[str, Any]) -> None:
    shop.sell()
    lock = pay(session, shop, "tok_visa")
    change(session, "capture", **values)

    assert [(each.reference, each.kind) for each in find_differences(session) or ()] == [(lock.reference, "capture")]


def test_a_refusal_of_ours_that_the_gateway_carried_out_is_told(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = pay(session, shop, "tok_visa")
    change(session, "capture", status="refused")

    assert find_differences(session) == [Difference(lock.reference, "capture", ours=0, theirs=1000)]


def test_a_gateway_without_a_ledger_cannot_be_compared(session: Session, shop: Shop) -> None:
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=ScriptedGateway())
    shop.sell()
    process(session, shop.checkout(), payment=VISA)

    assert find_differences(session) is None


def test_however_much_was_sold_it_is_compared_a_batch_at_a_time(
    session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    first, *_, last = [pay(session, shop, "tok_visa") for _ in range(4)]
    change(session, "capture", status="refused", lock_id=first.id)
    change(session, "capture", status="refused", lock_id=last.id)
    monkeypatch.setattr(ledger_comparison, "_BATCH", 3)
    read: list[int] = []
    by_key = ledger_comparison._by_key
    monkeypatch.setattr(ledger_comparison, "_by_key", lambda rows, provider: by_key(note(rows), provider))

    def note(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
        kept = list(rows)
        read.append(len(kept))
        return kept

    told = [(each.reference, each.kind) for each in find_differences(session) or ()]

    assert told == sorted([(first.reference, "capture"), (last.reference, "capture")])
    assert read[:3] == [3, 3, 2]


def test_what_is_older_than_the_beginning_is_not_read_to_its_end(
    session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    for _ in range(3):
        pay(session, shop, "tok_visa")
    session.execute(update(PaymentOperation).where(PaymentOperation.id <= 4).values(created_at=clock(-7200)))
    session.commit()
    monkeypatch.setattr(ledger_comparison, "_BATCH", 2)
    looks: list[int | None] = []
    before = ledger_comparison._before

    def note(reader: Reader, *, operation_id: int | None) -> Sequence[Row[Any]]:
        looks.append(operation_id)
        return before(reader, operation_id=operation_id)

    monkeypatch.setattr(ledger_comparison, "_before", note)

    assert find_differences(session, since=moment_ago(session, 3600)) == []
    assert looks == [None, 5]


@pytest.mark.databases("postgresql")
def test_operations_that_take_too_long_to_read_are_told_by_the_doctor(
    session: Session, shop: Shop, database_url: str
) -> None:
    shop.sell()
    pay(session, shop, "tok_visa")
    lose_patience(session.get_bind().engine)

    with slow_table(database_url, "payment_operations"):
        finding = doctor._compare_ledgers(session)

    assert "took too long" in finding.facts[0]["operations"]


class Meanwhile:
    """A gateway while whose ledger is read, a checkout goes on."""

    def __init__(self, gateway: SandboxGateway, act: Any, entries: Any = None) -> None:
        self.name = gateway.name
        self.gateway = gateway
        self.act = act
        self.entries = entries

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)

    def ledger(self, since: Any = None) -> Any:
        self.act()
        entries = self.gateway.ledger(since) if self.entries is None else self.entries
        self.act()
        return entries


def test_checkouts_that_go_on_meanwhile_are_no_difference(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    with Session(session.get_bind(), expire_on_commit=False) as other:
        meanwhile = Meanwhile(gateway, lambda: process(other, Shop(other).checkout(), payment=VISA))
        attach(session.get_bind().engine, config=CheckoutConfig(), gateway=meanwhile)

        assert find_differences(session) == []


def test_a_difference_says_what_differs_and_what_to_do(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell()
    lock = pay(session, shop, "tok_visa")
    change(session, "capture", status="refused")
    stranger = GatewayRequest(OperationKind.AUTHORIZE, "AAAA-AAAA", "key", 500, "GBP", token="tok_visa")
    gateway.authorize(stranger, timeout_seconds=5)

    found = {each.reference: each for each in find_differences(session) or ()}

    unknown, refused = found["AAAA-AAAA"], found[lock.reference]
    assert unknown.told == "Authorization: we have none, 0.00 GBP; the gateway's ledger has 5.00 GBP."
    assert "No checkout of ours" in unknown.advice
    assert refused.told == "Capture: we have refused, 0.00 GBP; the gateway's ledger has 10.00 GBP."
    assert refused.provider_reference is not None


def test_a_void_that_had_nothing_to_void_is_no_difference(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = pay(session, shop, "tok_declined")
    void = {"kind": "void", "status": "succeeded", "amount": 1000, "currency": "GBP", "provider": "sandbox"}
    session.add(PaymentOperation(lock_id=lock.id, idempotency_key="k", resolved_at=clock(), **void))
    session.commit()

    assert find_differences(session) == []


def test_only_what_changed_since_is_compared(session: Session, shop: Shop) -> None:
    shop.sell()
    pay(session, shop, "tok_visa")
    change(session, "capture", status="refused")
    later = moment_ago(session, -3600)

    assert find_differences(session, since=later) == []
    assert len(find_differences(session, since=moment_ago(session, 3600)) or ()) == 1


def test_what_we_asked_for_before_the_beginning_need_not_stand_in_the_part_that_is_read(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    pay(session, shop, "tok_visa")
    since = moment_ago(session, 60)  # nearer than two clocks may be apart
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=Meanwhile(gateway, lambda: None, entries=[]))

    assert find_differences(session, since=since) == []
    change(session, "capture", created_at=clock(3600))
    assert [each.kind for each in find_differences(session, since=since) or ()] == ["capture"]
