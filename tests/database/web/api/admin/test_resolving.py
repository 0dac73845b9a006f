"""Resolving through the admin API: admins only, planned, audited, the gateway's word first."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.engine import Payment, process
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentPending
from console.models import AuditEntry, CheckoutLock, PaymentOperation
from console.testing.factories import VISA, Shop
from tests.support.engine.rows import read, read_one
from tests.support.web.cases import in_case
from tests.support.web.programs import Ask, program


def word(lock: CheckoutLock, session: Session, **changes: Any) -> dict[str, Any]:
    """Build the body of a resolution."""
    operation = read_one(session, PaymentOperation, lock_id=lock.id)
    version = read_one(session, CheckoutLock, id=lock.id).revision
    session.commit()
    return {"version": version, "reason": "seen there", "operation_id": operation.id, "happened": False} | changes


def test_an_admin_resolves(admin: Ask, session: Session, silent: CheckoutLock) -> None:
    told = admin("POST", f"/locks/{silent.id}/resolve", json=word(silent, session, provider_reference="py_7"))

    assert told.status_code == 200
    answer = told.get_json()
    assert (answer["state"], answer["outcome"], answer["needs_attention"]) == ("failed", "declined", None)
    assert answer["operations"][0]["resolved_by"] == "token:erp-admin"
    assert answer["audit"][0]["after"]["operation"]["provider_reference"] == "py_7"
    assert check_all(session) == []


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("role", ["viewer", "support"])
def test_others_are_not_offered_it_and_may_not(
    app: APIFlask, admin: Ask, session: Session, silent: CheckoutLock, role: str
) -> None:
    ask = program(app, role)

    refused = ask("POST", f"/locks/{silent.id}/resolve", json=word(silent, session))

    assert refused.status_code == 403
    assert "resolve" not in ask("GET", f"/locks/{silent.id}").get_json()["allowed_actions"]
    assert "resolve" in admin("GET", f"/locks/{silent.id}").get_json()["allowed_actions"]
    assert read_one(session, PaymentOperation).status == "unknown"


@pytest.mark.databases("sqlite")
def test_a_plan_says_what_either_word_leads_to(admin: Ask, session: Session, silent: CheckoutLock) -> None:
    planned = admin("GET", f"/locks/{silent.id}/plan?action=resolve").get_json()

    assert (planned["is_allowed"], planned["needs_reason"]) == (True, True)
    assert [effect["subject"] for effect in planned["effects"]] == [
        "Gateway",
        "If the authorization of 10.00 GBP happened",
        "If the authorization did not happen",
        "Your word",
    ]
    assert read_one(session, PaymentOperation).status == "unknown"


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"version": 999}, 409, "stale"),
    ({"operation_id": 999}, 404, "not_found"),
    ({"operation_id": 2**63}, 422, "invalid"),
    ({"happened": "yes"}, 422, "invalid"),
    ({"reason": " "}, 422, "invalid"),
    ({"provider_reference": "x" * 256}, 422, "invalid"),
]


def test_what_cannot_be_is_refused(admin: Ask, session: Session, silent: CheckoutLock) -> None:
    for changes, status, error in REFUSED:
        with in_case(changes):
            refused = admin("POST", f"/locks/{silent.id}/resolve", json=word(silent, session, **changes))

            assert (refused.status_code, refused.get_json()["error"]) == (status, error)
            assert read(session, AuditEntry, object_type="checkout_lock") == []
            session.commit()


def test_an_operation_of_another_checkout_is_not_found(
    admin: Ask, session: Session, shop: Shop, silent: CheckoutLock
) -> None:
    other = shop.checkout()

    refused = admin("POST", f"/locks/{other.id}/resolve", json=word(silent, session, version=other.revision))

    assert refused.status_code == 404


def test_a_word_against_the_gateways_is_refused(admin: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    lock_id = lock.id
    session.execute(
        CheckoutLock.__table__.update().values(needs_attention="x", metadata={"attention": {"ledger:authorize": "x"}})
    )
    session.execute(
        PaymentOperation.__table__.update().values(status="succeeded", resolved_at=lock.locked_at, payment_token=None)
    )
    session.commit()

    refused = admin("POST", f"/locks/{lock_id}/resolve", json=word(lock, session))

    assert (refused.status_code, refused.get_json()["error"]) == (409, "contradicted")


def test_what_is_not_in_doubt_is_refused(admin: Ask, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    capture = read_one(session, PaymentOperation, kind="capture").id
    session.commit()
    body = {"version": lock.revision, "reason": "x", "operation_id": capture, "happened": True}

    refused = admin("POST", f"/locks/{lock.id}/resolve", json=body)

    assert (refused.status_code, refused.get_json()["error"]) == (409, "not_allowed")
