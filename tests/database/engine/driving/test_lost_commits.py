"""A connection lost during COMMIT: nobody knows, so the rows are read again before anything is decided (rule 11)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from console.engine import extend, process, resume
from console.engine.care.invariants import check_all
from console.engine.cart.changes import add_line
from console.engine.driving.recovery import recover
from console.engine.errors import DatabaseUnavailable, PaymentDeclined, PaymentPending
from console.models import AuditEntry, CartLine, CheckoutLock
from console.testing.factories import VISA, Shop, make_driverless
from console.testing.scripted import ScriptedGateway, refuse, stay_silent
from tests.support.engine.facts import let_tries_come
from tests.support.engine.lost_commits import lose_commit
from tests.support.engine.rows import read, read_one


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("key", [None, "once"])
def test_a_lost_commit_anywhere_on_the_happy_path_still_ends_in_one_order(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch, number: int, key: str | None
) -> None:
    shop.sell()
    lock = shop.checkout()
    with monkeypatch.context() as patch:
        lose_commit(session, patch, number)

        order = process(session, lock, payment=VISA, idempotency_key=key)

    assert order.status == "paid"
    assert bank.calls.count("capture") == 1
    assert check_all(session) == []


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_lost_commit_anywhere_on_the_way_back_still_gives_everything_back(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    with monkeypatch.context() as patch:
        lose_commit(session, patch, number)
        with pytest.raises((PaymentDeclined, PaymentPending)):
            process(session, lock, payment=VISA)
    if read_one(session, CheckoutLock).state != "failed":
        make_driverless(session, lock)
        let_tries_come(session)
        recover(session)

    assert read_one(session, CheckoutLock).outcome == "declined"
    assert check_all(session) == []


def test_a_lost_commit_of_a_take_over_is_known_by_its_lease(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", *[stay_silent] * 3)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    with monkeypatch.context() as patch:
        lose_commit(session, patch, 1)

        assert resume(session, lock).status == "paid"


def test_pieces_are_never_added_twice(session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell()
    cart = shop.cart(("MUG", 1))
    with monkeypatch.context() as patch:
        lose_commit(session, patch, 1)

        with pytest.raises(DatabaseUnavailable, match="look whether it was done"):
            add_line(session, cart, sku="MUG", quantity=1)

    assert read_one(session, CartLine).quantity == 2


def test_an_admins_action_is_never_done_and_audited_twice(
    session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    with monkeypatch.context() as patch:
        lose_commit(session, patch, 1)

        with pytest.raises(DatabaseUnavailable, match="look whether it was done"):
            extend(session, lock, actor="ada", ttl_minutes=30, version=None)

    assert len(read(session, AuditEntry)) == 1
    assert check_all(session) == []
