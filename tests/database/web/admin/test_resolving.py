"""Resolving in the console: admins only, both words previewed, the gateway's word before theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.engine import cancel, extend, process
from console.engine.care.invariants import check_all
from console.models import AuditEntry, CheckoutLock, PaymentOperation
from console.testing.factories import VISA, Shop
from tests.support.engine.rows import read, read_one
from tests.support.web.cases import in_case
from tests.support.web.console_visits import Inlined, add_user, csrf_token_in, sign_in

pytestmark = pytest.mark.databases("sqlite")


def url_of(lock: CheckoutLock) -> str:
    return f"/admin/checkout-locks/{lock.id}/resolve"


def confirm(client: FlaskClient, lock: CheckoutLock, **fields: Any) -> TestResponse:
    """Open the page and send its form, changed by `fields`."""
    page = client.get(url_of(lock))
    version = re.search(r'name="version" value="(\d+)"', page.text)
    operation = re.search(r'name="operation_id" value="(\d+)"', page.text)
    assert version, page.text
    assert operation, page.text
    form = {"csrf_token": csrf_token_in(page), "version": version[1], "operation_id": operation[1]}
    return client.post(url_of(lock), data=form | {"reason": "seen there", "happened": "no"} | fields)


def test_the_page_says_what_either_word_leads_to_and_does_nothing(
    admin: FlaskClient, session: Session, silent: CheckoutLock
) -> None:
    page = admin.get(url_of(silent))

    assert page.status_code == 200
    for told in (
        "It is asked first",
        "If the authorization of 10.00 GBP happened",
        "The order is created and the payment is taken",
        "If the authorization did not happen",
        "ends as declined; cart and stock are free",
    ):
        assert told in page.text
    assert page.text.index("Leave it as it is") < page.text.index("Resolve this checkout")
    assert Inlined(page.text).found == []
    assert read(session, AuditEntry, object_type="checkout_lock") == []


def test_a_word_is_recorded_and_the_checkout_goes_on(
    admin: FlaskClient, session: Session, silent: CheckoutLock
) -> None:
    answer = confirm(admin, silent, provider_reference="py_7")

    assert (answer.status_code, answer.location) == (303, f"/admin/checkout-locks/details/?id={silent.id}")
    assert "Resolved. The checkout is Failed now." in admin.get(answer.location).text
    operation = read_one(session, PaymentOperation)
    assert (operation.status, operation.resolved_by, operation.provider_reference) == (
        "refused", "admin@example.org", "py_7",
    )  # fmt: skip
    entry = read_one(session, AuditEntry, object_type="checkout_lock")
    assert (entry.action, entry.reason, entry.origin) == ("resolve", "seen there", "127.0.0.1")
    assert check_all(session) == []


MISTAKES = (
    {"happened": ""},
    {"happened": "maybe"},
    {"operation_id": ""},
    {"operation_id": "x"},
    {"operation_id": "999"},
    {"reason": " "},
    {"reason": "x" * 1001},
    {"provider_reference": "x" * 256},
    {"provider_reference": "a\x00b"},
    {"version": ""},
)


def test_a_form_with_a_mistake_is_shown_again(admin: FlaskClient, session: Session, silent: CheckoutLock) -> None:
    for fields in MISTAKES:
        with in_case(fields):
            answer = confirm(admin, silent, **fields)

            assert answer.status_code == 422
            assert "Nothing was done." in answer.text
            assert read_one(session, PaymentOperation).status == "unknown"
            session.commit()


def test_a_stale_page_is_refused(admin: FlaskClient, session: Session, silent: CheckoutLock) -> None:
    seen = read_one(session, CheckoutLock).revision
    extend(session, silent, actor="bob", ttl_minutes=30, version=None)

    answer = confirm(admin, silent, version=seen)

    assert answer.status_code == 409
    assert read_one(session, PaymentOperation).status == "unknown"


@pytest.mark.parametrize("role", ["viewer", "support"])
def test_only_admins_are_offered_it_and_may_do_it(
    app: APIFlask, session: Session, silent: CheckoutLock, role: str
) -> None:
    client = app.test_client()
    sign_in(client, add_user(app, role))
    details = client.get(f"/admin/checkout-locks/details/?id={silent.id}")
    token = csrf_token_in(client.get("/admin/"))
    form = {"csrf_token": token, "version": silent.revision, "reason": "x", "happened": "no", "operation_id": "1"}

    answers = [client.get(url_of(silent)), client.post(url_of(silent), data=form)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "Resolve…" not in details.text
    assert read_one(session, PaymentOperation).status == "unknown"


def test_it_is_offered_where_something_is_in_doubt_only(
    admin: FlaskClient, session: Session, shop: Shop, silent: CheckoutLock
) -> None:
    bought = shop.checkout()
    process(session, bought, payment=VISA)

    offered = [
        "Resolve…" in admin.get(f"/admin/checkout-locks/details/?id={lock.id}").text for lock in (silent, bought)
    ]
    page = admin.get(url_of(bought))

    assert offered == [True, False]
    assert "Nothing about its payment is in doubt" in page.text
    assert 'name="version"' not in page.text


def test_what_it_says_follows_where_the_checkout_is(admin: FlaskClient, session: Session, silent: CheckoutLock) -> None:
    cancel(session, silent)

    page = admin.get(url_of(silent)).text

    assert "The money came too late: it is voided at the gateway." in page
    assert "No money is held" in page
