"""`checkout doctor`: what it finds, how it says so, and the little it mends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from apiflask import APIFlask
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.extensions import db
from console.models import Cart, CheckoutLock, PaymentOperation, StockLevel
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_due
from tests.support.commands import Run


@pytest.fixture
def session(app: APIFlask) -> Session:
    """Open a session on the app's own database, its gateway attached."""
    with app.app_context():
        return Session(db.engine, expire_on_commit=False)


def change(session: Session, statement: object) -> None:
    session.execute(statement)  # type: ignore[call-overload]
    session.commit()


def test_a_sound_shop_passes_every_rule(run: Run, session: Session) -> None:
    shop = Shop(session)
    shop.sell()
    process(session, shop.checkout(), payment=VISA)

    ran = run("doctor")

    assert ran.code == 0
    assert "Everything holds." in ran.out
    assert all(f"invariant {number} " in ran.out for number in range(1, 16))


def test_a_broken_invariant_fails_with_its_facts(run: Run, session: Session) -> None:
    Shop(session).sell()
    change(session, update(StockLevel).values(on_hand=99))

    ran = run("doctor", "--json")

    assert ran.code == 1
    [broken] = [rule for rule in ran.document["rules"] if rule["status"] == "broken"]
    assert broken["invariant"] == 3
    assert (broken["violations"][0]["on_hand"], broken["violations"][0]["moved"]) == (99, 10)
    assert (ran.document["sound"], ran.document["clean"], ran.document["fixed"]) == (False, False, None)


def test_a_broken_invariant_is_shown_to_people(run: Run, session: Session) -> None:
    Shop(session).sell()
    change(session, update(StockLevel).values(on_hand=99))

    ran = run("doctor")

    assert "on_hand 99, moved 10" in ran.out
    assert "that is a defect" in ran.out


def test_a_due_checkout_that_sweeps_missed_is_a_health_matter_and_mended(run: Run, session: Session) -> None:
    shop = Shop(session)
    shop.sell()
    make_due(session, shop.checkout(), by_seconds=700)

    found, mended = run("doctor", "--json"), run("doctor", "--fix", "--json")

    assert found.code == 0
    assert (found.document["sound"], found.document["clean"]) == (True, False)
    assert mended.document["fixed"] == {
        "freed_carts": [],
        "owed": [],
        "expired": 1,
        "recovered": 0,
        "called": [],
        "unmended": [],
    }
    assert mended.document["clean"] is True


def test_mending_says_what_it_did(run: Run, session: Session) -> None:
    shop = Shop(session)
    shop.sell()
    make_due(session, shop.checkout())

    assert "Mended: 1 due checkouts expired, 0 interrupted ones recovered." in run("doctor", "--fix").out


def test_a_cart_that_names_a_checkout_which_is_not_there_is_let_go_and_the_rest_is_mended(
    run: Run, session: Session
) -> None:
    shop = Shop(session)
    shop.sell()
    make_due(session, shop.checkout())
    cart = shop.cart()
    change(session, update(Cart).where(Cart.id == cart.id).values(lock_id=99))

    fixed = run("doctor", "--fix", "--json").document["fixed"]

    assert (fixed["freed_carts"], fixed["expired"], fixed["unmended"]) == ([cart.id], 1, [])


@pytest.fixture
def broken_books(session: Session) -> Iterator[None]:
    """Have a due checkout to mend, in a shop whose books cannot be read as a whole."""
    shop = Shop(session)
    shop.sell()
    make_due(session, shop.checkout())
    change(session, text("ALTER TABLE audit_entries RENAME TO gone"))
    yield
    change(session, text("ALTER TABLE gone RENAME TO audit_entries"))


@pytest.mark.usefixtures("broken_books")
def test_what_was_mended_is_told_when_the_diagnosis_fails(run: Run) -> None:
    ran = run("doctor", "--fix")

    assert ran.code == 1
    assert "Mended: 1 due checkouts expired" in ran.out
    assert "audit_entries" in ran.err


@pytest.mark.usefixtures("broken_books")
def test_what_was_mended_is_one_document_when_the_diagnosis_fails(run: Run) -> None:
    ran = run("doctor", "--fix", "--json")

    assert ran.code == 1
    assert (ran.document["sound"], ran.document["rules"], ran.document["fixed"]["expired"]) == (None, [], 1)


@pytest.mark.parametrize(("age_seconds", "status"), [(200, "ok"), (400, "broken")])
def test_an_authorization_without_an_answer_past_its_time_out_is_found(
    run: Run, session: Session, age_seconds: float, status: str
) -> None:
    shop = Shop(session)
    shop.sell()
    with suppress(CheckoutError):
        process(session, shop.checkout(), payment=Payment("card", "tok_never_answers"))
    change(session, update(PaymentOperation).values(created_at=clock(-age_seconds)))
    change(session, update(CheckoutLock).values(needs_attention=None))

    rules = {rule["title"]: rule["status"] for rule in run("doctor", "--json").document["rules"]}

    assert rules["no operation is forgotten past its time-out"] == status
