"""Who gets into the console: nobody by default."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from console.models.vocabulary import Role
from console.web.admin.roles import RIGHTS, may
from tests.web.console_visits import Inlined, add_user, csrf_token_in, sign_in

PAGES = ("/admin/", "/admin/checkout-locks/")
SWITCHED_OFF = (
    ("GET", "/admin/checkout-locks/new/"),
    ("POST", "/admin/checkout-locks/new/"),
    ("GET", "/admin/checkout-locks/edit/?id=1"),
    ("POST", "/admin/checkout-locks/edit/?id=1"),
    ("POST", "/admin/checkout-locks/delete/"),
    ("POST", "/admin/checkout-locks/action/"),
    ("GET", "/admin/checkout-locks/export/csv/"),
    ("GET", "/admin/checkout-locks/ajax/lookup/"),
    ("POST", "/admin/checkout-locks/ajax/update/"),
)


def console_rules(app: APIFlask) -> list[tuple[str, str]]:
    return [
        (method, rule.rule.replace("<export_type>", "csv"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin")
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def test_a_stranger_gets_the_sign_in_page_everywhere(app: APIFlask, client: FlaskClient) -> None:
    rules = console_rules(app)
    token = csrf_token_in(client.get("/login"))

    answers = [client.open(path, method=method, data={"csrf_token": token}) for method, path in rules]

    assert len(rules) > len(SWITCHED_OFF)
    assert {(answer.status_code, answer.location.partition("?")[0]) for answer in answers} == {(302, "/login")}


def test_a_program_without_a_session_gets_401(client: FlaskClient) -> None:
    answer = client.get("/admin/checkout-locks/?q=x", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.get_json()["error"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"]


def test_a_panel_of_an_ended_session_sends_the_whole_page_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/admin/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_the_way_back_is_kept(client: FlaskClient) -> None:
    answer = client.get("/admin/checkout-locks/?state=failed&q=%2F")

    assert answer.location == "/login?next=/admin/checkout-locks/?state%3Dfailed%26q%3D%252F"


@pytest.mark.parametrize("role", list(Role))
def test_what_flask_admin_offers_by_itself_is_off_for_all(app: APIFlask, client: FlaskClient, role: str) -> None:
    sign_in(client, add_user(app, role))
    token = csrf_token_in(client.get("/admin/"))

    answers = [client.open(path, method=method, data={"csrf_token": token}) for method, path in SWITCHED_OFF]

    assert [answer.status_code for answer in answers] == [403] * len(SWITCHED_OFF)


def test_a_program_without_the_right_gets_403(viewer: FlaskClient) -> None:
    answer = viewer.get("/admin/checkout-locks/new/", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")


def test_a_change_without_its_token_is_refused(viewer: FlaskClient) -> None:
    assert viewer.post("/admin/checkout-locks/delete/").status_code == 400


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads(app: APIFlask, client: FlaskClient, role: str) -> None:
    sign_in(client, add_user(app, role))

    assert [client.get(path).status_code for path in PAGES] == [200] * len(PAGES)


def test_roles_include_the_ones_before_them_and_nothing_is_allowed_unnamed() -> None:
    assert [may(role, "admin.index") for role in ("viewer", "support", "admin", "", "root")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert not may("admin", "checkout_locks.delete_view")


def test_every_right_belongs_to_a_page(app: APIFlask) -> None:
    assert set(RIGHTS) <= set(app.view_functions)


@pytest.mark.parametrize("path", [*PAGES, "/login", "/nowhere"])
def test_pages_obey_the_strict_policy(app: APIFlask, path: str) -> None:
    client = app.test_client()
    if path in PAGES:
        sign_in(client, add_user(app))

    page = client.get(path)

    assert Inlined(page.text).found == []
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert '<html lang="en">' in page.text


def test_nothing_is_left_for_the_back_button(viewer: FlaskClient) -> None:
    assert {viewer.get(path).headers["Cache-Control"] for path in PAGES} == {"no-store"}
