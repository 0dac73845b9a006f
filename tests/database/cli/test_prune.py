"""`checkout prune`: the history of old checkouts without money, deleted or only counted."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.cli.groups import actor
from console.engine import cancel
from console.models import AuditEntry, CheckoutLock, OutboxEvent
from console.models.types import clock
from console.testing.factories import Shop
from tests.support.commands import Run
from tests.support.engine.rows import read, read_one

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def old(session: Session, shop: Shop) -> CheckoutLock:
    """Have a checkout cancelled a hundred days ago."""
    lock = shop.checkout()
    cancel(session, lock)
    session.execute(update(CheckoutLock).values(failed_at=clock(-100 * 86400)))
    session.commit()
    return lock


def test_a_dry_run_tells_what_would_go(run: Run, session: Session, old: CheckoutLock) -> None:
    ran = run("prune", "--older-than", "90d", "--dry-run")

    assert ran.out.startswith("Would delete 0 steps, 1 event and 0 price snapshots of 1 checkout, ended before ")
    assert len(read(session, OutboxEvent)) == 2


def test_what_is_old_goes_audited_and_the_doctor_finds_nothing(run: Run, session: Session, old: CheckoutLock) -> None:
    document = run("prune", "--older-than", "2160h", "--json").document

    assert document.pop("ended_before") is not None
    assert document == {"dry_run": False, "checkouts": 1, "steps": 0, "events": 1, "snapshots": 0}
    assert [row.is_terminal for row in read(session, OutboxEvent)] == [True]
    assert read_one(session, AuditEntry).actor == actor()
    assert run("doctor").code == 0


@pytest.mark.parametrize(
    ("age", "code", "told"),
    [
        ("23h", 1, "at least a day ago"),
        ("0d", 1, "at least a day ago"),
        ("40000d", 1, "at most a century"),
        ("90", 2, "no age such as 90d"),
        ("3m", 2, "no age such as 90d"),
        ("-1d", 2, "no age such as 90d"),
    ],
)
def test_an_age_that_is_none_is_told(run: Run, age: str, code: int, told: str) -> None:
    ran = run("prune", "--older-than", age)

    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
