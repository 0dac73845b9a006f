"""Who may call the admin API."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.models import ApiToken, CheckoutLock
from console.testing.factories import Shop
from tests.support.engine.rows import read_one
from tests.support.web.cases import in_case
from tests.support.web.console_visits import add_user, csrf_token_in, sign_in
from tests.support.web.programs import Ask, make_token
from tests.support.web.rows import edit

pytestmark = pytest.mark.databases("sqlite")

ADMIN = "/api/v1/admin"
READS = ("/locks", "/locks/1", "/locks/1/plan?action=retry", "/audit", "/statistics")
DEEDS = ("release", "expire", "extend", "retry")


def all_calls(client: FlaskClient, lock: CheckoutLock, **options: Any) -> list[int]:
    body = {"version": lock.revision + 50, "reason": "x"}
    answers = [client.get(ADMIN + path, **options) for path in READS]
    answers += [client.post(f"{ADMIN}/locks/{lock.id}/{deed}", json=body, **options) for deed in DEEDS]
    return [answer.status_code for answer in answers]


@pytest.fixture
def lock(shop: Shop) -> CheckoutLock:
    shop.sell()
    return shop.checkout()


def test_a_stranger_gets_401(client: FlaskClient, lock: CheckoutLock) -> None:
    for value in (None, "", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer \xff", "Bearer " + "x" * 5000):
        with in_case(value):
            headers = {} if value is None else {"Authorization": value}

            assert all_calls(client, lock, headers=headers) == [401] * (len(READS) + len(DEEDS))


@pytest.mark.parametrize(("role", "deed"), [("viewer", 403), ("support", 409), ("admin", 409)])
def test_a_role_may_what_the_table_says(
    app: APIFlask, client: FlaskClient, lock: CheckoutLock, role: str, deed: int
) -> None:
    headers = {"Authorization": f"Bearer {make_token(app, role)}"}

    assert all_calls(client, lock, headers=headers) == [200] * len(READS) + [deed] * len(DEEDS)


def test_a_revoked_token_is_worth_nothing(viewer: Ask, session: Session) -> None:
    assert viewer("GET", "/locks").status_code == 200
    token = read_one(session, ApiToken)
    assert token.last_used_at is not None

    edit(session, update(ApiToken).values(revoked_at=token.created_at))

    assert viewer("GET", "/locks").status_code == 401


def test_a_session_of_the_console_reads_and_needs_its_token_to_change(
    app: APIFlask, client: FlaskClient, session: Session, lock: CheckoutLock
) -> None:
    sign_in(client, add_user(app, "support"))
    body = {"version": lock.revision, "reason": "phoned"}
    url = f"{ADMIN}/locks/{lock.id}/release"

    read = client.get(f"{ADMIN}/locks")
    forged = client.post(url, json=body)
    state_then = read_one(session, CheckoutLock).state
    token = csrf_token_in(client.get("/admin/"))
    asked = client.post(url, json=body, headers={"X-CSRFToken": token})

    assert [read.status_code, forged.status_code, asked.status_code] == [200, 400, 200]
    assert state_then == "pending"
    assert asked.get_json()["audit"][0]["actor"] == "support@example.org"


def test_a_session_of_a_viewer_may_not_act(app: APIFlask, client: FlaskClient, lock: CheckoutLock) -> None:
    sign_in(client, add_user(app, "viewer"))
    token = csrf_token_in(client.get("/admin/"))

    answers = all_calls(client, lock, headers={"X-CSRFToken": token})

    assert answers == [200] * len(READS) + [403] * len(DEEDS)


def test_what_comes_later_is_not_routed(client: FlaskClient) -> None:
    assert client.post(f"{ADMIN}/locks/bulk", json={}).status_code == 404
