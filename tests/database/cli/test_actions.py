"""`checkout release`, `expire`, `retry`, `extend`: the console's verbs, by number or reference, audited."""

from __future__ import annotations

from datetime import timedelta

import pytest
from apiflask import APIFlask

from console.cli.groups import actor
from console.engine import process
from console.jobs.heartbeat import beat
from console.models import AuditEntry, CheckoutLock, PaymentOperation
from console.testing.factories import VISA, Shop, make_due
from tests.support.commands import Run
from tests.support.engine.rows import read, read_one

pytestmark = pytest.mark.databases("sqlite")


def test_a_checkout_is_released_by_its_reference_in_any_spelling_and_audited(run: Run, shop: Shop) -> None:
    lock = shop.checkout()

    ran = run("release", lock.reference.lower().replace("-", " "), "--reason", " called\ntwice ")

    assert ran.code == 0
    assert ran.out.startswith(f"Released. {lock.reference} is Failed, released.\n")
    assert "charged nothing" in ran.out
    entry = read_one(shop.session, AuditEntry)
    assert (entry.actor, entry.action, entry.reason) == (actor(), "release", "called twice")
    assert entry.actor.startswith("cli:")
    assert read_one(shop.session, CheckoutLock).outcome == "released"


def test_a_checkout_is_expired_by_its_number_and_described_as_json(run: Run, shop: Shop) -> None:
    lock = shop.checkout()

    document = run("expire", str(lock.id), "--reason", "left open", "--json").document

    assert (document["reference"], document["state"], document["outcome"]) == (lock.reference, "failed", "expired")
    assert document["audit"][0]["reason"] == "left open"
    assert document["allowed_actions"] == []


def test_an_extension_moves_the_deadline(run: Run, shop: Shop) -> None:
    lock = shop.checkout()
    deadline = lock.expires_at

    ran = run("extend", lock.reference, "--minutes", "45")

    moved = read_one(shop.session, CheckoutLock).expires_at - deadline
    assert timedelta(minutes=29) < moved < timedelta(minutes=31)
    assert "Extended to 45 minutes from now." in ran.out
    assert "it expires in 44 min" in ran.out


def test_a_retry_asks_the_gateway_again_and_says_when_it_is_silent(run: Run, shop: Shop, silent: CheckoutLock) -> None:
    beat(shop.session, "host:1:a")

    ran = run("retry", silent.reference, "--reason", "the shopper asks")

    assert ran.code == 0
    assert ran.out.startswith("Retried, and it is where it was.")
    assert "The worker asks the gateway again" in ran.out
    assert read_one(shop.session, PaymentOperation).attempts == 2
    assert [(entry.action, entry.reason) for entry in read(shop.session, AuditEntry)] == [("retry", "the shopper asks")]


def test_a_retry_of_what_is_due_undoes_it(run: Run, shop: Shop, silent: CheckoutLock) -> None:
    make_due(shop.session, silent)

    assert run("retry", silent.reference).out.startswith(f"Retried. {silent.reference} is Rolling Back, expired.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("release", "1", "--reason", "x"), "This checkout cannot be changed by release. It is Completed already."),
        (("expire", "1", "--reason", "x"), "cannot be changed by expire"),
        (("retry", "1"), "cannot be changed by retry"),
        (("extend", "1", "--minutes", "5"), "cannot be changed by extend"),
        (("release", "2", "--reason", " "), "A reason is needed."),
        (("release", "2", "--reason", "x" * 1001), "at most 1000 readable characters"),
        (("release", "2", "--reason", "a\x07b"), "at most 1000 readable characters"),
        (("extend", "2", "--minutes", "61"), "by 1 to 60 minutes"),
        (("retry", "2"), "the shopper has not paid yet"),
        (("retry", "77"), "There is no checkout 77."),
        (("retry", "9" * 40), "There is no checkout 999"),
        (("retry", "ZZZZ-ZZZZ"), "There is no checkout ZZZZ-ZZZZ."),
        (("retry", "²"), "There is no checkout ²."),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_leaves_no_trace(
    run: Run, app: APIFlask, shop: Shop, words: tuple[str, ...], told: str
) -> None:
    bought, waiting = shop.checkout(), shop.checkout()
    with app.app_context():
        process(shop.session, bought, payment=VISA)
    assert (bought.id, waiting.id) == (1, 2)

    ran = run(*words)

    assert (ran.code, ran.out) == (1, "")
    [line] = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert told in line
    assert read(shop.session, AuditEntry) == []


@pytest.mark.parametrize(
    "words", [("release", "1"), ("expire", "1"), ("extend", "1"), ("extend", "1", "--minutes", "0")]
)
def test_what_lacks_a_reason_or_minutes_is_a_usage_error(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).code == 2


def test_digits_are_a_number_first_and_a_reference_else(run: Run, shop: Shop) -> None:
    by_number, by_reference = shop.checkout(), shop.checkout()
    by_reference.reference = "2345-6789"
    shop.session.commit()

    assert run("extend", str(by_number.id), "--minutes", "9", "--json").document["id"] == by_number.id
    assert run("extend", "23456789", "--minutes", "9", "--json").document["id"] == by_reference.id
