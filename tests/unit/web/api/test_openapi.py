"""The API's description of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from console.web.shared import errors
from tests.support.installation import build_app

SERVED = {
    ("get", "/api/v1/products"),
    ("get", "/api/v1/products/{sku}"),
    ("post", "/api/v1/carts"),
    ("get", "/api/v1/carts/{cart_id}"),
    ("patch", "/api/v1/carts/{cart_id}"),
    ("post", "/api/v1/carts/{cart_id}/lines"),
    ("patch", "/api/v1/carts/{cart_id}/lines/{sku}"),
    ("delete", "/api/v1/carts/{cart_id}/lines/{sku}"),
    ("get", "/api/v1/carts/{cart_id}/checkout-status"),
    ("post", "/api/v1/carts/{cart_id}/checkout"),
    ("get", "/api/v1/checkouts/{lock_id}"),
    ("post", "/api/v1/checkouts/{lock_id}/process"),
    ("post", "/api/v1/checkouts/{lock_id}/resume"),
    ("post", "/api/v1/checkouts/{lock_id}/cancel"),
    ("get", "/api/v1/orders/{number}"),
    ("post", "/api/v1/webhooks/payments/{provider}"),
    ("get", "/api/v1/admin/locks"),
    ("get", "/api/v1/admin/locks/{lock_id}"),
    ("get", "/api/v1/admin/locks/{lock_id}/plan"),
    ("post", "/api/v1/admin/locks/{lock_id}/release"),
    ("post", "/api/v1/admin/locks/{lock_id}/expire"),
    ("post", "/api/v1/admin/locks/{lock_id}/extend"),
    ("post", "/api/v1/admin/locks/{lock_id}/retry"),
    ("post", "/api/v1/admin/locks/{lock_id}/resolve"),
    ("get", "/api/v1/admin/audit"),
    ("get", "/api/v1/admin/statistics"),
}


@pytest.fixture
def plain_app(tmp_path: Path) -> APIFlask:
    return build_app(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path)


@pytest.fixture
def document(plain_app: APIFlask) -> dict[str, Any]:
    found: dict[str, Any] = plain_app.test_client().get("/api/v1/openapi.json").get_json()
    return found


def references_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references_in(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references_in(inner)


def test_every_call_is_described(document: dict[str, Any]) -> None:
    described = {(method, path) for path, item in document["paths"].items() for method in item}

    assert document["openapi"].startswith("3.1")
    assert described == SERVED


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = {reference.removeprefix("#/components/schemas/") for reference in references_in(document)}

    assert names <= document["components"]["schemas"].keys()
    assert "Problem" in names


def test_bodies_say_whether_they_are_required_and_refuse_unknown_fields(document: dict[str, Any]) -> None:
    process = document["paths"]["/api/v1/checkouts/{lock_id}/process"]["post"]["requestBody"]
    resume = document["paths"]["/api/v1/checkouts/{lock_id}/resume"]["post"]["requestBody"]

    assert (process["required"], resume["required"]) == (True, False)
    bodies = {
        reference.rsplit("/", 1)[1]
        for item in document["paths"].values()
        for operation in item.values()
        for reference in references_in(operation.get("requestBody"))
    }
    schemas = document["components"]["schemas"]
    assert {name for name in bodies if schemas[name].get("additionalProperties") is not False} == set()


def test_errors_are_problems_and_name_the_token(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/checkouts/{lock_id}/process"]["post"]

    statuses = {int(status) for status in operation["responses"]}
    assert statuses == {200, 201, 202, 400, 401, 402, 404, 409, 410, 413, 415, 422, 423, 429, 500, 503}
    problems = {tuple(operation["responses"][str(status)]["content"]) for status in statuses if status >= 400}
    assert problems == {("application/problem+json",)}
    [(scheme, _)] = operation["security"][0].items()
    assert document["components"]["securitySchemes"][scheme]["scheme"] == "bearer"


def test_patterns_are_of_a_kind_that_every_validator_knows(document: dict[str, Any]) -> None:
    patterns = set(re.findall(r"'pattern': '((?:[^'\\]|\\.)*)'", repr(document)))

    assert patterns
    for pattern in patterns:
        re.compile(pattern.encode().decode("unicode_escape"))


def test_the_page_for_people_shows_every_call_and_error_and_loads_nothing_from_elsewhere(plain_app: APIFlask) -> None:
    answer = plain_app.test_client().get("/api/v1/docs")

    assert answer.status_code == 200
    assert [path for _, path in SERVED if path not in answer.text] == []
    assert [code for code in errors.STATUSES if f'id="error-{code}"' not in answer.text] == []
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    assert loaded
    assert [url for url in loaded if not url.startswith("/") or url.startswith("//")] == []
    assert re.findall(r"<script|<style|style=|\son\w+=", answer.text) == []


def test_every_link_on_the_page_leads_somewhere(plain_app: APIFlask) -> None:
    client = plain_app.test_client()
    page = client.get("/api/v1/docs").text

    anchors = set(re.findall(r'href="#([^"]+)"', page))
    pages = set(re.findall(r'href="(/[^"]+)"', page))

    assert anchors - set(re.findall(r'id="([^"]+)"', page)) == set()
    for url in pages:
        with client.get(url) as answer:
            assert answer.status_code == 200, url
