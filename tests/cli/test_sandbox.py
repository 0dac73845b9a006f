"""`sandbox charges`."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.engine import process
from console.extensions import db
from console.models import CheckoutLock
from tests.cli.conftest import Run
from tests.factories import VISA, Shop


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
