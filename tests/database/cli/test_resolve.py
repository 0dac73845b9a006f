"""`checkout resolve` and `checkout reconcile`."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.care.invariants import check_all
from console.models import AuditEntry, CheckoutLock, PaymentOperation
from console.testing.factories import VISA, Shop
from tests.support.commands import Run
from tests.support.engine.rows import read_one

pytestmark = pytest.mark.databases("sqlite")


def operation_id(session: Session) -> int:
    found: int = read_one(session, PaymentOperation).id
    session.commit()
    return found


def test_a_word_ends_the_doubt_and_says_what_became_of_it(run: Run, session: Session, silent: CheckoutLock) -> None:
    ran = run("resolve", operation_id(session), "--happened", "no", "--reason", "not on the dashboard")

    assert ran.code == 0
    assert ran.out == f"The authorization is refused. {silent.reference} is Failed, declined.\n"
    entry = read_one(session, AuditEntry)
    assert (entry.action, entry.reason, entry.actor[:4]) == ("resolve", "not on the dashboard", "cli:")
    assert check_all(session) == []


def test_its_reason_is_kept_on_one_line(run: Run, session: Session, silent: CheckoutLock) -> None:
    run("resolve", operation_id(session), "--happened", "no", "--reason", " not on\nthe dashboard ")

    assert read_one(session, AuditEntry).reason == "not on the dashboard"


def test_what_became_of_it_as_a_document(run: Run, session: Session, silent: CheckoutLock) -> None:
    given = ("--happened", "no", "--reason", "x", "--provider-reference", "py_7")
    ran = run("resolve", operation_id(session), *given, "--json")

    assert (ran.document["reference"], ran.document["state"]) == (silent.reference, "failed")
    assert (ran.document["operation"]["status"], ran.document["operation"]["provider_reference"]) == ("refused", "py_7")


@pytest.mark.parametrize(
    "given",
    [("999", "--happened", "no", "--reason", "x"), ("1", "--happened", "no", "--reason", " ")],
)
def test_what_cannot_be_resolved_is_refused_in_one_line(
    run: Run, session: Session, silent: CheckoutLock, given: tuple[str, ...]
) -> None:
    ran = run("resolve", *given)

    assert (ran.code, ran.err.count("\n"), ran.err[:7]) == (1, 1, "Error: ")


@pytest.mark.parametrize("missing", ["--happened", "--reason"])
def test_a_word_needs_its_parts(run: Run, missing: str) -> None:
    given = {"--happened": "yes", "--reason": "x"}
    del given[missing]

    assert run("resolve", "1", *[part for pair in given.items() for part in pair]).code == 2


@pytest.mark.parametrize("since", [(), ("--since", "7d"), ("--since", "12h"), ("--since", "2020-01-01")])
def test_books_that_agree_exit_with_0(run: Run, session: Session, shop: Shop, since: tuple[str, ...]) -> None:
    process(session, shop.checkout(), payment=VISA)

    ran = run("reconcile", *since)

    assert (ran.code, ran.out) == (0, "Our operations and the gateway's ledger agree.\n")


def test_a_difference_is_told_and_exits_with_1(run: Run, session: Session, shop: Shop) -> None:
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == "capture").values(status="refused"))
    session.commit()

    told, document = run("reconcile"), run("reconcile", "--since", "1d", "--json")

    assert (told.code, document.code) == (1, 1)
    assert lock.reference in told.out
    [difference] = document.document["differences"]
    assert (difference["reference"], difference["kind"], difference["ours"], difference["theirs"]) == (
        lock.reference, "capture", 0, 1000,
    )  # fmt: skip
    assert "refused" in difference["told"]
    assert difference["advice"]
    assert document.document["compared"] is True


@pytest.mark.parametrize("since", ["yesterday", "7", "99999d", "0001-01-01", "2026-13-01", ""])
def test_a_time_that_is_none_is_wrong_usage(run: Run, since: str) -> None:
    assert run("reconcile", "--since", since).code == 2
