"""Checkouts in the admin API: what is told of them, what may be done to them, and by whom."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import Payment, cancel, extend, process
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentPending
from console.models import AuditEntry, CheckoutLock
from console.testing.factories import VISA, Shop, make_driverless
from tests.support.engine.rows import read, read_one
from tests.support.web.cases import in_case
from tests.support.web.programs import Ask

LOCK_FIELDS = {
    "id", "reference", "cart_id", "session_id", "state", "state_name", "phase", "outcome", "locked_at", "expires_at",
    "completed_at", "failed_at", "is_active", "is_completed", "is_failed", "is_expired", "can_resume", "duration",
    "failure_reason", "metadata", "needs_attention", "fence", "revision", "order", "snapshots", "reservations",
    "operations", "steps", "events", "audit", "allowed_actions", "explanation",
}  # fmt: skip


def references(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["reference"] for each in answer.get_json()["data"]]


@pytest.mark.databases("sqlite")
def test_a_checkout_is_told_with_all_that_belongs_to_it(viewer: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    order = process(session, lock, payment=VISA)

    told = viewer("GET", f"/locks/{lock.id}").get_json()

    assert LOCK_FIELDS - told.keys() == set()
    assert (told["state"], told["state_name"], told["is_active"], told["is_completed"]) == (
        "completed", "Completed", False, True,
    )  # fmt: skip
    assert (told["order"]["number"], told["order"]["total"]) == (order.number, {"amount": 1000, "currency": "GBP"})
    assert [each["kind"] for each in told["operations"]] == ["authorize", "capture"]
    assert [each["topic"] for each in told["events"]] == ["CheckoutStarted", "CheckoutCompleted"]
    assert len(told["steps"]) == 7
    assert [each["sku"] for each in told["snapshots"]] == ["MUG", None]
    assert told["allowed_actions"] == []


@pytest.mark.databases("sqlite")
def test_a_payment_token_is_never_told(viewer: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))

    answer = viewer("GET", f"/locks/{lock.id}")

    assert answer.get_json()["operations"][0]["has_token"] is True
    assert "tok_" not in answer.text


def test_the_list_is_filtered_and_paged_by_a_cursor(viewer: Ask, session: Session, shop: Shop) -> None:
    shop.sell(stock=50)
    locks = [shop.checkout(email=f"{number}@example.org") for number in range(5)]
    cancel(session, locks[0])

    first = viewer("GET", "/locks", query_string={"state": "pending", "limit": 3})
    rest = viewer(
        "GET", "/locks", query_string={"state": "pending", "limit": 3, "cursor": first.get_json()["next_cursor"]}
    )

    newest_first = [lock.reference for lock in reversed(locks[1:])]
    assert references(first) + references(rest) == newest_first
    assert rest.get_json()["next_cursor"] is None
    found = [
        viewer("GET", "/locks", query_string=wanted)
        for wanted in (
            {"email": "3@example.org"}, {"q": locks[3].reference.lower()}, {"cart_id": locks[3].cart_id},
            {"q": "3@example.org", "session_id": "phone", "stuck": "false", "needs_attention": "false"},
        )
    ]  # fmt: skip
    assert [references(answer) for answer in found] == [[locks[3].reference]] * 4
    assert references(viewer("GET", "/locks", query_string={"outcome": "cancelled"})) == [locks[0].reference]


@pytest.mark.databases("sqlite")
def test_a_question_that_makes_no_sense_is_refused(viewer: Ask) -> None:
    for wanted in (
        {"state": "sold"}, {"cursor": "x"}, {"limit": "0"}, {"limit": "x"}, {"limit": "9" * 5000}, {"color": "red"},
        {"created_from": "yesterday"}, {"stuck": "maybe"}, {"cart_id": "x"}, {"q": "\x00"}, {"sort": "id"},
    ):  # fmt: skip
        with in_case(wanted):
            assert viewer("GET", "/locks", query_string=wanted).status_code == 422


@pytest.mark.databases("sqlite")
def test_a_plan_says_what_would_happen_and_does_nothing(viewer: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    allowed = viewer("GET", f"/locks/{lock.id}/plan?action=release").get_json()
    refused = viewer("GET", f"/locks/{lock.id}/plan?action=retry").get_json()

    assert (allowed["is_allowed"], allowed["needs_reason"], allowed["version"]) == (True, True, lock.revision)
    assert {"Cart", "Stock", "Payment", "Order"} <= {effect["subject"] for effect in allowed["effects"]}
    assert (refused["is_allowed"], refused["effects"]) == (False, [])
    assert "has not paid yet" in refused["refusal"]
    assert read_one(session, CheckoutLock).state == "pending"
    assert viewer("GET", f"/locks/{lock.id}/plan?action=undo").status_code == 422
    assert viewer("GET", f"/locks/{lock.id}/plan").status_code == 422


@pytest.mark.parametrize(("action", "outcome"), [("release", "released"), ("expire", "expired")])
def test_an_undoing_is_done_and_audited(support: Ask, session: Session, shop: Shop, action: str, outcome: str) -> None:
    shop.sell()
    lock = shop.checkout()

    answer = support("POST", f"/locks/{lock.id}/{action}", json={"version": lock.revision, "reason": "phoned"})

    assert (answer.status_code, answer.get_json()["outcome"]) == (200, outcome)
    entry = read_one(session, AuditEntry, object_type="checkout_lock")
    assert (entry.actor, entry.action, entry.reason) == ("token:erp-support", action, "phoned")
    assert check_all(session) == []


def test_a_checkout_is_extended_and_retried(support: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    extended = support("POST", f"/locks/{lock.id}/extend", json={"version": lock.revision, "ttl_minutes": 45})
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    make_driverless(session, lock)
    version = read_one(session, CheckoutLock).revision
    session.commit()  # ends the look, which on SQLite would never see what comes after it

    retried = support("POST", f"/locks/{lock.id}/retry", json={"version": version})

    assert [extended.status_code, retried.status_code] == [200, 200]
    assert [entry.action for entry in read(session, AuditEntry, object_type="checkout_lock")] == ["extend", "retry"]


def test_an_old_version_is_stale(support: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    seen = lock.revision
    extend(session, lock, actor="bob", ttl_minutes=30, version=None)

    answer = support("POST", f"/locks/{lock.id}/release", json={"version": seen, "reason": "phoned"})

    assert (answer.status_code, answer.get_json()["error"]) == (409, "stale")
    assert answer.get_json()["context"] == {"seen": seen, "now": lock.revision}


def test_what_the_state_does_not_allow_is_refused(support: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    answer = support("POST", f"/locks/{lock.id}/release", json={"version": lock.revision, "reason": "phoned"})

    assert (answer.status_code, answer.get_json()["error"]) == (409, "not_allowed")


SENSELESS: list[tuple[str, Any]] = [
    ("release", {"version": 0}), ("release", {"reason": "x"}), ("expire", {"version": 0, "reason": "  "}),
    ("release", {"version": "0", "reason": "x"}), ("release", {"version": -1, "reason": "x"}),
    ("release", {"version": 10**30, "reason": "x"}), ("release", {"version": 0, "reason": "x" * 1001}),
    ("release", {"version": 0, "reason": "a\x00"}), ("retry", {"version": None}), ("retry", []),
    ("extend", {"version": 0, "ttl_minutes": 0}), ("extend", {"version": 0, "ttl_minutes": 61}),
    ("extend", {"version": 0, "ttl_minutes": "5"}), ("release", {"version": 0, "reason": "x", "force": True}),
]  # fmt: skip


@pytest.mark.databases("sqlite")
def test_a_body_that_makes_no_sense_is_refused(support: Ask, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    for action, body in SENSELESS:
        with in_case(action, body):
            assert support("POST", f"/locks/{lock.id}/{action}", json=body).status_code == 422


@pytest.mark.databases("sqlite")
def test_what_is_not_there_is_not_found(support: Ask) -> None:
    body = {"version": 0, "reason": "x"}
    answers = [support("GET", "/locks/99"), support("GET", "/locks/99/plan?action=retry")]
    answers += [
        support("POST", f"/locks/99/{action}", json=body) for action in ("release", "expire", "extend", "retry")
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_the_audit_trail_is_listed_the_newest_first(support: Ask, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    support("POST", f"/locks/{lock.id}/release", json={"version": lock.revision, "reason": "phoned"})

    everything = support("GET", "/audit").get_json()["data"]
    of_lock = support("GET", "/audit", query_string={"object": f"checkout_lock:{lock.id}"}).get_json()["data"]

    assert everything[0] == of_lock[0]
    assert (of_lock[0]["action"], of_lock[0]["before"]["state"], of_lock[0]["after"]["state"]) == (
        "release", "pending", "failed",
    )  # fmt: skip
    assert support("GET", "/audit", query_string={"cursor": "x"}).status_code == 422
