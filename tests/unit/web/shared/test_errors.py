"""Errors: problems for programs, pages for people, whatever went wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from console.engine import errors as refusals
from console.engine.errors import CheckoutError, Ended
from console.web.shared.errors import STATUSES
from tests.support.installation import build_app
from tests.support.web.shopper import PROBLEM_FIELDS

NOBODY_LISTENS = "postgresql://postgres@127.0.0.1:1/none"


@pytest.fixture
def broken_app(tmp_path: Path) -> APIFlask:
    """Make an app whose database is out of reach."""
    return build_app(NOBODY_LISTENS, tmp_path)


def add_failing_view(app: APIFlask, path: str, error: Exception) -> None:
    def fail() -> str:
        raise error

    app.add_url_rule(path, path, fail)


def all_refusals() -> list[type[CheckoutError]]:
    """List every class of the tree, wherever it stands."""
    found = [CheckoutError]
    for error in found:
        found += error.__subclasses__()
    return found


@pytest.mark.parametrize("error", all_refusals(), ids=lambda error: error.__name__)
def test_every_refusal_has_a_status(error: type[CheckoutError], broken_app: APIFlask) -> None:
    add_failing_view(broken_app, "/api/fail", error("Told to people.", phase="price_lock", facts={"x": 1}))

    answer = broken_app.test_client().get("/api/fail", headers={"X-Request-Id": "my-request"})

    problem = answer.get_json()
    assert answer.status_code == problem["status"] == STATUSES[error.code]
    assert set(problem) == PROBLEM_FIELDS
    assert (problem["error"], problem["phase"], problem["instance"]) == (error.code, "price_lock", "/api/fail")
    assert (problem["context"]["facts"], problem["request_id"]) == ({"x": 1}, "my-request")


@pytest.mark.parametrize("error", [Ended("secret words"), RuntimeError("secret words")])
def test_the_text_of_a_defect_is_not_for_the_outside(broken_app: APIFlask, error: Exception) -> None:
    add_failing_view(broken_app, "/api/fail", error)

    answer = broken_app.test_client().get("/api/fail")

    assert answer.status_code == (409 if isinstance(error, Ended) else 500)
    assert "secret" not in answer.text
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/products", "/api/v1/products/MUG", "/api/v1/carts/1", "/api/v1/orders/O-1"])
def test_a_database_out_of_reach_is_told_with_the_time_to_come_back(broken_app: APIFlask, path: str) -> None:
    answer = broken_app.test_client().get(path, headers={"Authorization": "Bearer x"})

    assert (answer.status_code, answer.get_json()["error"]) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(("path", "body"), [("carts", {}), ("carts/1/checkout", {}), ("carts/1/lines", None)])
def test_nothing_is_written_to_a_database_out_of_reach(broken_app: APIFlask, path: str, body: Any) -> None:
    sent = {"sku": "MUG", "quantity": 1} if body is None else body

    answer = broken_app.test_client().post(f"/api/v1/{path}", json=sent, headers={"Authorization": "Bearer x"})

    assert (answer.status_code, answer.get_json()["error"]) == (503, "database_unavailable")


def test_a_payment_that_a_view_of_the_shops_leaves_undecided_is_accepted_not_failed(broken_app: APIFlask) -> None:
    action = {"type": "redirect", "url": "https://bank.example/3ds"}
    pending = refusals.PaymentPending("The payment waits for the shopper.", next_action=action)
    for path in ("/api/pay", "/pay"):
        add_failing_view(broken_app, path, pending)
    client = broken_app.test_client()

    problem, page = client.get("/api/pay"), client.get("/pay")

    assert (problem.status_code, page.status_code) == (202, 202)
    assert (problem.get_json()["error"], problem.get_json()["context"]["next_action"]) == ("payment_pending", action)
    assert "The payment waits for the shopper." in page.text


def test_people_get_pages(broken_app: APIFlask) -> None:
    add_failing_view(broken_app, "/fail", refusals.PaymentDeclined("Your card was refused."))
    client = broken_app.test_client()

    missing, declined = client.get("/nothing"), client.get("/fail")

    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert (declined.status_code, declined.mimetype) == (402, "text/html")
    assert "Your card was refused." in declined.text
    assert 'href="/">Back to the shop' in missing.text
    assert 'href="/admin/">Back to the console' in client.get("/admin/nothing").text
