"""A human ends doubt about a payment: the gateway is asked first, the word is kept as theirs, the machine goes on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.care.invariants import check_all
from console.engine.errors import Contradicted, InProgress, InvalidInput, NotAllowed, PaymentPending, Stale
from console.engine.machine import OperationStatus
from console.engine.record.audit import Actor
from console.models import AuditEntry, CheckoutLock, PaymentOperation
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, after, answer, stay_silent, wait_for_shopper
from tests.support.engine.facts import statuses, tell
from tests.support.engine.purchases import start_waiting
from tests.support.engine.resolving import SILENT, in_doubt, say
from tests.support.engine.rows import read, read_one


@pytest.mark.parametrize(
    ("kind", "happened", "state", "outcome"),
    [
        ("authorize", True, "completed", None),
        ("authorize", False, "failed", "declined"),
        ("capture", True, "completed", None),
        ("capture", False, "failed", "declined"),
        ("void", True, "failed", "declined"),
        ("refund", True, "failed", "declined"),
    ],
)
def test_a_word_ends_the_doubt_and_the_machine_goes_on(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str, *, happened: bool, state: str, outcome: str | None
) -> None:
    in_doubt(session, shop, bank, kind)

    lock = say(session, kind, happened=happened)

    assert (lock.state, lock.outcome, lock.needs_attention) == (state, outcome, None)
    operation = read_one(session, PaymentOperation, kind=kind)
    assert (operation.status, operation.resolved_by) == ("succeeded" if happened else "refused", "ada")
    assert check_all(session) == []


def test_a_word_that_it_did_not_happen_is_not_told_as_the_gateways(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    in_doubt(session, shop, bank, "capture")

    lock = say(session, "capture", happened=False)

    assert lock.failure_reason == "The capture did not go through."


def test_a_word_is_audited_with_before_and_after(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = in_doubt(session, shop, bank, "capture")

    say(session, "capture", happened=True, actor=Actor("ada", "192.0.2.7"), provider_reference=" py_77 ")

    entry = read_one(session, AuditEntry)
    assert (entry.actor, entry.origin, entry.action, entry.object_id, entry.reason) == (
        "ada", "192.0.2.7", "resolve", str(lock.id), "seen at the gateway",
    )  # fmt: skip
    assert (entry.before["state"], entry.before["operation"]["status"]) == ("capturing", "unknown")
    assert entry.after["state"] == "completed"  # what came of it
    told = entry.after["operation"]
    assert (told["status"], told["resolved_by"], told["provider_reference"]) == ("succeeded", "ada", "py_77")
    assert read_one(session, PaymentOperation, kind="capture").provider_reference == "py_77"
    assert check_all(session) == []


def test_the_gateways_answer_goes_before_a_word_that_agrees(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    in_doubt(session, shop, bank, "capture")
    bank.script("find", lambda request: answer(request, OperationStatus.SUCCEEDED))

    lock = say(session, "capture", happened=True)

    operation = read_one(session, PaymentOperation, kind="capture")
    assert (lock.state, operation.status, operation.resolved_by) == ("completed", "succeeded", None)
    assert read_one(session, AuditEntry).action == "resolve"


@pytest.mark.parametrize(
    ("happened", "said", "state"), [(False, "succeeded", "completed"), (True, "refused", "failed")]
)
def test_a_word_against_the_gateways_is_refused_and_the_fact_recorded(
    session: Session, shop: Shop, bank: ScriptedGateway, *, happened: bool, said: str, state: str
) -> None:
    in_doubt(session, shop, bank, "capture")
    bank.script("find", lambda request: answer(request, OperationStatus(said)))

    with pytest.raises(Contradicted, match="recorded as the fact"):
        say(session, "capture", happened=happened)

    assert statuses(session)["capture"] == said
    assert read_one(session, CheckoutLock).state == state
    assert read(session, AuditEntry) == []
    assert check_all(session) == []


@pytest.mark.parametrize("mute", [stay_silent, wait_for_shopper])
def test_a_gateway_that_is_silent_or_still_waits_leaves_it_to_the_human(
    session: Session, shop: Shop, bank: ScriptedGateway, mute: Any
) -> None:
    shop.sell()
    start_waiting(session, shop, bank)
    bank.script("find", mute)

    assert say(session, "authorize", happened=True).state == "completed"


def test_an_adapter_that_breaks_leaves_it_to_the_human(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    in_doubt(session, shop, bank, "capture")
    bank.script("find", lambda request: 1 / 0)

    assert say(session, "capture", happened=True).state == "completed"


def test_no_transaction_is_open_while_the_gateway_is_asked(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    in_doubt(session, shop, bank, "capture")
    pool: Any = session.get_bind().engine.pool
    connections: list[int] = []
    bank.script("find", after(lambda: connections.append(pool.checkedout()), stay_silent))

    say(session, "capture", happened=True)

    assert connections == [0]


def test_what_nobody_doubts_cannot_be_resolved(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    in_doubt(session, shop, bank, "capture")

    with pytest.raises(NotAllowed, match="in doubt is the capture"):
        say(session, "authorize", happened=False)
    say(session, "capture", happened=True)
    with pytest.raises(NotAllowed, match="Nothing about its payment is in doubt"):
        say(session, "capture", happened=True)


def test_a_stale_page_and_a_checkout_that_is_driven_are_refused(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told: list[str] = []

    def meddle() -> None:
        try:
            say(support, "capture", happened=False)
        except InProgress as refusal:
            told.append(refusal.code)

    bank.script("capture", after(meddle, stay_silent), *SILENT[:2])
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    with pytest.raises(Stale):
        say(session, "capture", happened=True, version=lock.revision - 1)
    assert told == ["in_progress"]
    assert read(session, AuditEntry) == []


def test_a_checkout_that_moves_while_the_gateway_is_asked_is_looked_at_again(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    lock = in_doubt(session, shop, bank, "capture")
    seen = lock.revision
    bank.script("find", after(lambda: tell(support, lock, "capture", OperationStatus.SUCCEEDED), stay_silent))

    with pytest.raises(Stale):
        say(session, "capture", happened=False, version=seen)

    assert statuses(session)["capture"] == "succeeded"
    assert read(session, AuditEntry) == []


@pytest.mark.parametrize(
    "given", [{"reason": " "}, {"provider_reference": "x" * 256}, {"provider_reference": "a\x00b"}]
)
def test_a_word_without_a_reason_or_with_an_unreadable_reference_is_refused(
    session: Session, shop: Shop, bank: ScriptedGateway, given: dict[str, str]
) -> None:
    in_doubt(session, shop, bank, "capture")

    with pytest.raises(InvalidInput):
        say(session, "capture", happened=True, **given)
