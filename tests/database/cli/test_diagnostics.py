"""`checkout diagnostics`: one checkout explained, and the whole system with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import process, release
from console.jobs.heartbeat import beat
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_due
from tests.support.commands import Run
from tests.support.installation import build_app, close

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def bought(session: Session, shop: Shop) -> CheckoutLock:
    """Have a mug bought."""
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    return lock


def advice(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {each["subject"]: each["advice"] for each in document["recommendations"]}


def test_a_checkout_is_explained_with_its_history_and_money(run: Run, shop: Shop, bought: CheckoutLock) -> None:
    ran = run("diagnostics", "--reference", bought.reference.lower().replace("-", ""))

    assert ran.code == 0
    for told in (
        f"{bought.reference}   Completed",
        "It was bought just now. Cart and stock went into the order. The shopper was charged 10.00 GBP.",
        "Next: Nothing more happens by itself.",
        "Nothing: it has ended.",
        "Payment capture",
        "✓ agrees",
        "Today's prices are the same.",
        "CheckoutCompleted",
    ):
        assert told in ran.out
    assert "✕ differs" not in ran.out


def test_what_can_be_done_is_told_with_its_command_and_effects(
    run: Run, session: Session, silent: CheckoutLock
) -> None:
    beat(session, "host:1:a")

    out = run("diagnostics", "--lock-id", str(silent.id)).out

    assert f"checkout retry {silent.reference}" in out
    assert f'checkout release {silent.reference} --reason "…"' in out
    assert f"checkout extend {silent.reference} --minutes N" in out
    assert "1 piece of 1 SKU go back on sale" in out
    assert "The worker asks the gateway again" in out
    assert "no answer" in out


def test_json_is_the_admin_apis_document_with_prices_gateway_and_plans(
    run: Run, session: Session, shop: Shop, bought: CheckoutLock
) -> None:
    release(session, again := shop.checkout(), actor="ada", reason="called", version=None)

    document = run("diagnostics", "--lock-id", str(bought.id), "--json").document

    assert (document["id"], document["state"], document["allowed_actions"]) == (bought.id, "completed", [])
    assert (document["price_drift"], document["plans"]) == (0, [])
    assert [(each["kind"], each["verdict"]) for each in document["gateway"]] == [
        ("authorize", "agree"),
        ("capture", "agree"),
    ]
    assert document["gateway"][1]["theirs"] == {"status": "succeeded", "amount": 1000, "currency": "GBP"}
    assert run("diagnostics", "--reference", again.reference, "--json").document["audit"][0]["reason"] == "called"


def test_books_that_differ_from_the_gateways_are_told(run: Run, session: Session, bought: CheckoutLock) -> None:
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == "capture").values(amount=999))
    session.commit()

    assert "✕ differs" in run("diagnostics", "--lock-id", str(bought.id)).out


def test_a_price_that_moved_is_told(run: Run, session: Session, shop: Shop) -> None:
    pen = shop.sell("PEN", price=100)
    lock = shop.checkout(("PEN", 3))
    process(session, lock, payment=VISA)
    shop.reprice(pen, 130)

    assert "Today it would cost 0.90 GBP more, beyond the tolerance." in run("diagnostics", "--lock-id", "1").out


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--lock-id", "77"), 1, "Error: There is no checkout 77."),
        (("--reference", "ZZZZ-ZZZZ"), 1, "Error: There is no checkout ZZZZ-ZZZZ."),
        (("--reference", "1"), 1, "Error: There is no checkout 1."),
        (("--lock-id", "1", "--reference", "ZZZZ-ZZZZ"), 2, "not both"),
    ],
)
def test_a_checkout_that_is_not_there_is_told(
    run: Run, shop: Shop, options: tuple[str, ...], code: int, told: str
) -> None:
    shop.checkout()

    ran = run("diagnostics", *options)

    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err


def test_a_shop_without_anything_is_told_its_first_steps(run: Run) -> None:
    document = run("diagnostics", "--json").document

    assert document["database"]["ready"] is True
    assert document["health"]["checks"]["worker"]["status"] == "warning"
    found = advice(document)
    assert "import-catalog" in found["Catalogue"]
    assert "create-user EMAIL --role admin" in found["Console"]
    assert "checkout worker" in found["Worker"]
    assert "CHECKOUT_RATE_LIMIT" in found


def test_what_needs_somebody_comes_with_what_to_do(
    run: Run, session: Session, shop: Shop, silent: CheckoutLock
) -> None:
    session.execute(update(CheckoutLock).where(CheckoutLock.id == silent.id).values(needs_attention="Look at it."))
    session.commit()
    make_due(session, due := shop.checkout(), by_seconds=1000)

    out, document = run("diagnostics").out, run("diagnostics", "--json").document

    assert document["needs_attention"][0]["reference"] == silent.reference
    assert document["health"]["checks"]["expired_locks"]["count"] == 1
    for told in ("Look at it.", f"diagnostics --reference {silent.reference}", due.reference, "cleanup-expired-locks"):
        assert told in out
    levels = [each["level"] for each in document["recommendations"]]
    assert levels == sorted(levels, key=["error", "warning", "hint"].index)


def test_an_operation_that_was_forgotten_is_told(run: Run, session: Session, silent: CheckoutLock) -> None:
    session.execute(update(PaymentOperation).values(created_at=clock(-400)))
    session.commit()

    assert "no operation is forgotten past its time-out; 1 case" in run("diagnostics").out


def test_a_database_that_is_not_ready_is_told_with_what_to_do(tmp_path: Path) -> None:
    app: APIFlask = build_app(f"sqlite:///{tmp_path}/empty.sqlite3", tmp_path)

    ran = app.test_cli_runner(env={"COLUMNS": "160"}).invoke(args=["checkout", "diagnostics"])
    close(app)

    assert ran.exit_code == 1
    assert "It is not ready: the database is not at the newest migration." in ran.stdout
    assert "db upgrade" in ran.stdout
