"""The OpenAPI document, built from the calls as they are declared: it says no more and no less than is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console.web.api.access import IDEMPOTENCY_KEY_HEADER, SESSION_ID_HEADER
from console.web.api.calls import OPERATIONS, Call, Operation, blueprint
from console.web.shared import errors
from console.web.shared.ownership import LONGEST_KEY

VERSION = "1.0.0"
TOKEN_SCHEME = "cartToken"  # noqa: S105 - the scheme's name
ADMIN_SCHEME = "apiToken"
SESSION_SCHEME = "consoleSession"
_SCHEMES = {
    TOKEN_SCHEME: {"type": "http", "scheme": "bearer", "description": "a cart's token"},
    ADMIN_SCHEME: {"type": "http", "scheme": "bearer", "description": "an API token of the console"},
    SESSION_SCHEME: {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "a session of the console; changes then need its CSRF token in X-CSRFToken",
    },
}
_REF = "#/components/schemas/{model}"
_PART = re.compile(r"<(\w+):(\w+)>")
_PARTS = {"row_id": {"type": "integer", "minimum": 1}, "text": {"type": "string", "minLength": 1}}
_HEADERS = {
    SESSION_ID_HEADER: "The shopper's device; by default it is derived from the token.",
    IDEMPOTENCY_KEY_HEADER: "The same key with the same body gets the same answer, for 24 hours.",
}
_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "how many calls the window allows",
    "X-RateLimit-Remaining": "how many of them are left",
    "X-RateLimit-Reset": "when the window ends, in seconds since 1970",
}
_FOR_EVERY_CALL = (500, 503)
_FOR_TOKENS = (401,)
_FOR_ADMINS = (403,)
_FOR_BODIES = (400, 413, 415, 422)
_FOR_SIGNED = (413,)


def build_document() -> dict[str, Any]:
    """Build the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in sorted(OPERATIONS, key=lambda each: each.path):
        path = blueprint.url_prefix + _PART.sub(r"{\2}", operation.path)  # type: ignore[operator]
        paths.setdefault(path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Checkout Console", "version": VERSION, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": _SCHEMES,
        },
    }


_INTRODUCTION = (
    "Products, carts, checkouts and orders; under /admin, what the console does. "
    "Money is in minor units of its currency; times are RFC 3339 in UTC. "
    "Errors are application/problem+json; unknown fields are refused."
)


def _describe(operation: Operation) -> dict[str, Any]:
    call = operation.call
    summary, _, rest = (operation.view.__doc__ or "").partition("\n")
    described: dict[str, Any] = {
        "operationId": operation.view.__name__,
        "summary": summary,
        "parameters": [*_path_parts(operation), *_query(operation), *_header_parameters(operation)],
        "responses": {str(status): response for status, response in sorted(_responses(operation))},
        "security": _security(call),
    }
    if rest.strip():
        described["description"] = " ".join(rest.split())
    if call.body is not None:
        content = {"application/json": {"schema": _reference(call.body)}}
        described["requestBody"] = {"required": call.is_body_required, "content": content}
    if call.is_signed:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    return described


def _security(call: Call) -> list[dict[str, list[str]]]:
    if call.is_admin:
        return [{ADMIN_SCHEME: []}, {SESSION_SCHEME: []}]
    if call.is_for_shops:
        return [{}, {TOKEN_SCHEME: []}]  # anonymous, or the shop
    return [] if call.is_public else [{TOKEN_SCHEME: []}]


def _path_parts(operation: Operation) -> Iterator[dict[str, Any]]:
    for kind, name in _PART.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": _PARTS[kind]}


def _query(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.call.query is None:
        return
    for name, schema in operation.call.query.model_json_schema()["properties"].items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}


def _header_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.call.headers:
        schema = {"type": "string", "maxLength": LONGEST_KEY}
        yield {"name": name, "in": "header", "required": False, "schema": schema, "description": _HEADERS[name]}


def _responses(operation: Operation) -> Iterator[tuple[int, dict[str, Any]]]:
    limits = {name: _header(text) for name, text in _LIMIT_HEADERS.items()} if operation.call.limit else {}
    for status, model in operation.call.answers.items():
        content = {"application/json": {"schema": _reference(model)}}
        yield status, _response(content, description=HTTPStatus(status).phrase, headers=limits)
    for status, slugs in sorted(_error_slugs(operation).items()):
        content = {errors.MEDIA_TYPE: {"schema": _reference(errors.Problem)}}
        retry = {"Retry-After": _header("seconds to wait")} if status in (429, 503) else {}
        yield status, _response(content, description=", ".join(slugs), headers=limits | retry)


def _response(content: dict[str, Any], *, description: str, headers: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": content, **({"headers": headers} if headers else {})}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer"}}


def _error_slugs(operation: Operation) -> dict[int, list[str]]:
    """List the errors of a call by status: those it declares, and those that HTTP has for its kind."""
    call = operation.call
    found: dict[int, list[str]] = {}
    for code in (*call.refusals, "database_unavailable", "database_slow"):
        found.setdefault(errors.STATUSES[code], []).append(code)
    statuses = [*_FOR_EVERY_CALL]
    statuses += [] if call.is_public else _FOR_TOKENS
    statuses += _FOR_ADMINS if call.is_admin else []
    statuses += [*_FOR_TOKENS, *_FOR_ADMINS] if call.is_for_shops else []
    statuses += [] if call.body is None else _FOR_BODIES
    statuses += _FOR_SIGNED if call.is_signed else []
    statuses += [429] if call.limit else []
    for status in statuses:
        found.setdefault(status, [errors.SLUGS.get(status, "invalid")])
    return found


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas() -> dict[str, Any]:
    inputs = {operation.call.body for operation in OPERATIONS if operation.call.body is not None}
    answers = {model for operation in OPERATIONS for model in operation.call.answers.values()} | {errors.Problem}
    wanted = [(model, "validation") for model in inputs] + [(model, "serialization") for model in answers]
    wanted.sort(key=lambda pair: pair[0].__name__)
    _, document = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    schemas: dict[str, Any] = document["$defs"]
    return schemas
