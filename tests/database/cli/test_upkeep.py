"""`checkout cleanup-expired-locks` and `recover`."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.extensions import db
from console.testing.factories import Shop, make_due
from tests.support.commands import Run

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def shop(app: APIFlask) -> Shop:
    """Stock the app's own shop."""
    with app.app_context():
        shop = Shop(Session(db.engine, expire_on_commit=False))
    shop.sell("MUG", stock=10)
    return shop


def test_what_is_due_expires_up_to_the_limit(run: Run, shop: Shop) -> None:
    for _ in range(3):
        make_due(shop.session, shop.checkout())
    shop.checkout()

    assert run("cleanup-expired-locks", "--limit", "2").out == "Expired: 2.\n"
    assert run("cleanup-expired-locks", "--json").document == {"expired": 1}
    assert run("cleanup-expired-locks").out == "Expired: 0.\n"


def test_nothing_interrupted_means_nothing_recovered(run: Run, shop: Shop) -> None:
    shop.checkout()

    assert run("recover", "--json").document == {"recovered": 0}
    assert run("recover").out == "Recovered: 0.\n"


def test_one_checkout_is_driven_on_and_shown(run: Run, shop: Shop) -> None:
    lock = shop.checkout()
    make_due(shop.session, lock)

    ran = run("recover", "--lock-id", str(lock.id))

    assert ran.out == f"{lock.reference} is Failed, expired.\n"
    assert run("recover", "--lock-id", str(lock.id), "--json").document == {
        "id": lock.id,
        "reference": lock.reference,
        "state": "failed",
        "outcome": "expired",
    }


def test_a_checkout_that_is_not_there_is_told_in_one_line(run: Run) -> None:
    ran = run("recover", "--lock-id", "7")

    assert (ran.code, ran.out, ran.err) == (1, "", "Error: There is no checkout 7.\n")
