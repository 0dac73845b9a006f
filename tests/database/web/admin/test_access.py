"""Who gets into the console: nobody by default."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from console.models.vocabulary import Role
from console.web.shared.roles import RIGHTS, may
from tests.support.web.console_visits import Inlined, add_user, csrf_token_in, sign_in

pytestmark = pytest.mark.databases("sqlite")

PAGES = ("/admin/", "/admin/checkout-locks/")
# What Flask-Admin's own views of a table would bring along.
NOT_THERE = ("new/", "edit/?id=1", "delete/", "action/", "export/csv/", "ajax/lookup/", "ajax/update/")
_ANY = re.compile(r"<any\((\w+)[^)]*\):\w+>")
_VARIABLE = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Route:
    """One way into the app; the variables of its path are filled in, a checkout's id with one there is none of."""

    endpoint: str
    method: str
    path: str


def routes_of(app: APIFlask, *, methods: set[str]) -> list[Route]:
    return [
        Route(rule.endpoint, method, _VARIABLE.sub("1", _ANY.sub(r"\1", rule.rule)))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & methods)
    ]


def console_routes(app: APIFlask) -> list[Route]:
    return [route for route in routes_of(app, methods={"GET", "POST"}) if route.path.startswith("/admin")]


def test_every_page_of_the_console_has_its_row_in_the_table_of_roles(app: APIFlask) -> None:
    pages = {route.endpoint for route in console_routes(app)}

    assert pages == {right for right in RIGHTS if not right.startswith("api.")}
    assert {"users.export_csv", "users.export_xlsx"} <= pages


@pytest.mark.parametrize("role", list(Role))
def test_every_page_is_open_to_those_whom_the_table_names(app: APIFlask, client: FlaskClient, role: str) -> None:
    sign_in(client, add_user(app, role))
    token = csrf_token_in(client.get("/admin/"))
    routes = console_routes(app)

    answers = {
        route: client.open(route.path, method=route.method, data={"csrf_token": token}, buffered=True)
        for route in routes
    }

    assert {route: answer.status_code == 403 for route, answer in answers.items()} == {
        route: not may(role, route.endpoint) for route in routes
    }
    assert [
        route for route, answer in answers.items() if answer.status_code in (302, 401) or answer.status_code >= 500
    ] == []


def test_every_form_needs_its_token(app: APIFlask, client: FlaskClient) -> None:
    sign_in(client, add_user(app, "admin"))
    forms = [route for route in routes_of(app, methods={"POST"}) if not route.path.startswith("/api/")]

    answers = {route.endpoint: client.post(route.path) for route in forms}
    answers.pop("storefront.return_by_post")  # a bank's form, in which nothing is read

    assert {"auth.log_in", "auth.logout", "checkout_locks.take_action", "storefront.go_on"} <= answers.keys()
    refused = {
        name: answer.status_code == 400 or (answer.location or "").endswith("refused=forged")
        for name, answer in answers.items()
    }
    assert refused == dict.fromkeys(answers, True)


@pytest.mark.parametrize("role", list(Role))
def test_what_flask_admin_offers_by_itself_is_not_there(app: APIFlask, client: FlaskClient, role: str) -> None:
    sign_in(client, add_user(app, role))
    token = csrf_token_in(client.get("/admin/"))
    paths = [f"/admin/{name}/{page}" for name in ("checkout-locks", "orders", "users") for page in NOT_THERE]

    answers = [
        client.open(path, method=method, data={"csrf_token": token}) for path in paths for method in ("GET", "POST")
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_a_stranger_gets_the_sign_in_page_everywhere(app: APIFlask, client: FlaskClient) -> None:
    routes = console_routes(app)
    token = csrf_token_in(client.get("/login"))

    answers = [client.open(route.path, method=route.method, data={"csrf_token": token}) for route in routes]

    pages = {(answer.status_code, answer.location.partition("?")[0]) for answer in answers if answer.location}
    documents = [(route, answer) for route, answer in zip(routes, answers, strict=True) if not answer.location]
    assert pages == {(302, "/login")}
    assert {(route.path.rpartition("/")[2], answer.status_code) for route, answer in documents} == {
        ("json", 401),
        ("statistics", 401),
    }


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


def test_a_program_without_the_right_gets_403(viewer: FlaskClient) -> None:
    answer = viewer.get("/admin/users/", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")


def test_a_menu_shows_only_what_may_be_opened(app: APIFlask, viewer: FlaskClient) -> None:
    admin = app.test_client()
    sign_in(admin, add_user(app, "admin"))

    menus = [re.findall(r'<li><a href="(/admin/[^"]*)"', client.get("/admin/").text) for client in (viewer, admin)]

    assert ["/admin/users/" in menu for menu in menus] == [False, True]
    assert [client.get(page).status_code for page in set(menus[0]) for client in (viewer,)] == [200] * len(
        set(menus[0])
    )


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
