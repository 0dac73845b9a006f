"""Actions in the console: a page that says what will happen, a reason, a refusal when the checkout moved on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.engine import cancel, extend
from console.engine.care.invariants import check_all
from console.models import AuditEntry, CheckoutLock
from console.testing.factories import Shop, make_driverless, make_due
from tests.support.engine.rows import read, read_one
from tests.support.web.cases import in_case
from tests.support.web.console_visits import Inlined, csrf_token_in

pytestmark = pytest.mark.databases("sqlite")

ACTIONS = ("release", "expire", "extend", "retry")


def url_of(lock: CheckoutLock, action: str) -> str:
    return f"/admin/checkout-locks/{lock.id}/{action}"


def confirm(client: FlaskClient, lock: CheckoutLock, action: str, **fields: Any) -> TestResponse:
    """Open the page and send its form, changed by `fields`."""
    page = client.get(url_of(lock, action))
    return client.post(url_of(lock, action), data=form_of(page) | fields)


def form_of(page: TestResponse) -> dict[str, Any]:
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version, page.text
    return {"csrf_token": csrf_token_in(page), "version": version[1], "reason": "shopper phoned", "ttl_minutes": "30"}


@pytest.fixture
def silent(session: Session, silent: CheckoutLock) -> CheckoutLock:
    """Give out a checkout whose gateway does not answer, and whose driver died."""
    make_driverless(session, silent)
    return silent


def test_the_page_says_what_will_happen_and_does_nothing(support: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    page = support.get(url_of(lock, "release"))

    assert page.status_code == 200
    for told in ("ends at once as Failed", f"Cart {lock.cart_id} is free", "None was asked for, so nothing is owed"):
        assert told in page.text
    assert Inlined(page.text).found == []
    assert (read(session, AuditEntry, object_type="checkout_lock"), read_one(session, CheckoutLock).state) == (
        [],
        "pending",
    )


def test_the_first_button_is_the_harmless_one(support: FlaskClient, shop: Shop) -> None:
    shop.sell()
    page = support.get(url_of(shop.checkout(), "release")).text

    assert page.index("Leave it as it is") < page.index("Release this checkout")


@pytest.mark.parametrize(("action", "outcome"), [("release", "released"), ("expire", "expired")])
def test_a_confirmed_undoing_is_done_and_audited(
    support: FlaskClient, session: Session, shop: Shop, action: str, outcome: str
) -> None:
    shop.sell()
    lock = shop.checkout()

    answer = confirm(support, lock, action)

    assert (answer.status_code, answer.location) == (303, f"/admin/checkout-locks/details/?id={lock.id}")
    assert read_one(session, CheckoutLock).outcome == outcome
    entry = read_one(session, AuditEntry, object_type="checkout_lock")
    assert (entry.actor, entry.action, entry.reason, entry.origin) == (
        "support@example.org", action, "shopper phoned", "127.0.0.1",
    )  # fmt: skip
    assert "The checkout is Failed now" in support.get(answer.location).text
    assert check_all(session) == []


def test_an_extension_needs_no_reason(support: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    deadline = lock.expires_at

    answer = confirm(support, lock, "extend", reason="", ttl_minutes="45")

    assert answer.status_code == 303
    assert read_one(session, CheckoutLock).expires_at > deadline


def test_a_retry_asks_the_gateway_again(support: FlaskClient, session: Session, silent: CheckoutLock) -> None:
    answer = confirm(support, silent, "retry", reason="")

    assert answer.status_code == 303
    assert read_one(session, AuditEntry, object_type="checkout_lock").action == "retry"
    assert check_all(session) == []


def test_a_released_checkout_in_doubt_says_that_its_money_is_still_settled(
    support: FlaskClient, session: Session, silent: CheckoutLock
) -> None:
    page = support.get(url_of(silent, "release"))
    confirm(support, silent, "release")

    assert "is Rolling Back until its money is settled" in page.text
    assert "Whether 10.00 GBP were authorized is not known" in page.text
    assert read_one(session, CheckoutLock).state == "rolling_back"


def test_a_stale_page_is_refused_with_the_checkout_as_it_is_now(
    support: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    lock = shop.checkout()
    form = form_of(support.get(url_of(lock, "release")))
    extend(session, lock, actor="bob", ttl_minutes=30, version=None)

    answer = support.post(url_of(lock, "release"), data=form)

    assert answer.status_code == 409
    assert "Nothing was done." in answer.text
    assert f'name="version" value="{lock.revision}"' in answer.text
    assert 'value="shopper phoned"' in answer.text
    assert read_one(session, CheckoutLock).state == "pending"


def test_a_checkout_that_ended_meanwhile_shows_its_new_state_and_no_button(
    support: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    lock = shop.checkout()
    form = form_of(support.get(url_of(lock, "release")))
    cancel(session, lock)

    answer = support.post(url_of(lock, "release"), data=form)

    assert answer.status_code == 409
    assert "state-badge--failed" in answer.text
    assert "Release this checkout" not in answer.text


def test_an_action_that_the_state_does_not_allow_says_so_and_offers_nothing(
    support: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    waiting, due = shop.checkout(), shop.checkout()
    make_due(session, due)

    pages = [support.get(url_of(waiting, "retry")), support.get(url_of(due, "extend"))]

    assert [page.status_code for page in pages] == [200, 200]
    assert "the shopper has not paid yet" in pages[0].text
    assert "Its time has run out already" in pages[1].text
    assert not [page for page in pages if 'name="version"' in page.text]


def test_a_reason_that_is_none_is_refused(support: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    for action in ("release", "expire"):
        for reason in ("", "   ", "x" * 1001, "a\x00b", "\u202etxet"):
            with in_case(action, reason):
                assert confirm(support, lock, action, reason=reason).status_code == 422
                assert read_one(session, CheckoutLock).state == "pending"
                session.commit()


def test_minutes_that_are_none_are_refused(support: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    for minutes in ("", "0", "61", "-5", "x", "9" * 50, "1.5", "\x00", "²"):
        with in_case(minutes):
            assert confirm(support, lock, "extend", ttl_minutes=minutes).status_code == 422
            assert read(session, AuditEntry, object_type="checkout_lock") == []
            session.commit()


def test_a_form_without_its_version_is_refused(support: FlaskClient, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    for version in ("", "x", "-1", "9" * 50, "\x00"):
        with in_case(version):
            assert confirm(support, lock, "release", version=version).status_code == 422


def test_a_checkout_that_is_not_there_is_not_found(support: FlaskClient, shop: Shop) -> None:
    shop.sell()
    token = csrf_token_in(support.get(url_of(shop.checkout(), "release")))

    paths = [f"/admin/checkout-locks/{lock_id}/{action}" for lock_id in (0, 999, "9" * 30) for action in ACTIONS]
    answers = [support.get(path) for path in paths]
    answers += [support.post(path, data={"csrf_token": token, "version": "1", "reason": "x"}) for path in paths]

    assert {answer.status_code for answer in answers} == {404}


def test_a_viewer_may_do_nothing(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    token = csrf_token_in(viewer.get("/admin/"))
    form = {"csrf_token": token, "version": lock.revision, "reason": "x"}

    for action in ACTIONS:
        with in_case(action):
            answers = [viewer.get(url_of(lock, action)), viewer.post(url_of(lock, action), data=form)]

            assert [answer.status_code for answer in answers] == [403, 403]
            assert read_one(session, CheckoutLock).state == "pending"
            session.commit()


def test_a_deed_without_its_token_is_refused(support: FlaskClient, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    form = {"version": lock.revision, "reason": "x"}

    answers = {action: support.post(url_of(lock, action), data=form).status_code for action in ACTIONS}

    assert answers == dict.fromkeys(ACTIONS, 400)


def test_a_stranger_is_asked_to_sign_in(app: APIFlask, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    answers = [app.test_client().get(url_of(lock, action)) for action in ACTIONS]

    assert {(answer.status_code, answer.location.partition("?")[0]) for answer in answers} == {(302, "/login")}
