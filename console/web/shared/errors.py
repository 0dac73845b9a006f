"""Errors as programs see them: one table from code to status, one `application/problem+json` for all of them.

Everything under `/api/` answers so, whatever went wrong and wherever; all else gets a page (`error_pages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from console.engine.errors import CheckoutError, Ended, InvalidInput
from console.engine.machine import Outcome
from console.engine.store.database import trouble_with
from console.telemetry.requests import request_id
from console.web.shared import error_pages

API_PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"

# What the engine refuses.
STATUSES: dict[str, int] = {
    "payment_pending": 202,  # taken in, not decided: nothing failed, and another payment would be a second one
    "invalid_webhook": 400,
    "not_found": 404,
    "invalid": 422,
    "invalid_cart": 422,
    "idempotency_conflict": 422,
    "declined": 402,
    "out_of_stock": 409,
    "ended": 409,
    "in_progress": 409,
    "cart_ordered": 409,
    "cart_changed": 409,
    "not_allowed": 409,
    "price_changed": 409,
    "stale": 409,
    "contradicted": 409,
    "expired": 410,
    "cart_locked": 423,
    "checkout_in_progress": 423,
    "database_unavailable": 503,
    "database_slow": 503,
    "checkout_error": 500,
}
# What HTTP itself refuses.
SLUGS: dict[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}
RETRY_AFTER_SECONDS = {"in_progress": 2, "database_unavailable": 5, "database_slow": 30}
# SQLAlchemy's words for a database that is out of reach or too busy; all its other errors are defects of ours.
DATABASE_ERRORS = (OperationalError, InterfaceError, PoolTimeout)
DEFECT = "Something went wrong on our side; if you ask for help, give the request id."

log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """What went wrong (RFC 9457): `error` is for programs, `detail` for people, `context` holds the facts."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    error: str
    phase: str | None = Field(description="The phase of the checkout it happened in.")
    context: dict[str, Any]
    request_id: str


def register(app: Flask) -> None:
    """Answer an app's errors: as problems under `/api/`, as pages elsewhere."""
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(CheckoutError, answer_refusal)
    for error in DATABASE_ERRORS:
        app.register_error_handler(error, answer_database_error)


def answer_http_error(error: HTTPException) -> Response:
    """Answer an error of HTTP itself, with the headers it brings along."""
    if not request.path.startswith(API_PREFIX):
        return error_pages.show(error)
    status = error.code or 500
    detail = DEFECT if status == HTTPStatus.INTERNAL_SERVER_ERROR else error.description or ""
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return _respond(_problem(status, SLUGS.get(status, "error"), detail), headers)


def answer_refusal(error: CheckoutError) -> Response:
    """Answer what the engine refused."""
    status = STATUSES[error.code]
    retry = RETRY_AFTER_SECONDS.get(error.code)
    headers = {"Retry-After": str(retry)} if retry else {}
    if not request.path.startswith(API_PREFIX):
        return _page(status, word_refusal(error), headers)
    problem = _problem(status, error.code, word_refusal(error), phase=error.phase, context=_context(error))
    return _respond(problem, headers)


def answer_database_error(error: Exception) -> Response:
    """Answer that the database is out of reach, or was too slow, where the engine did not say so itself."""
    trouble = trouble_with(error)
    log.warning(trouble.code, reason=str(error))
    return answer_refusal(trouble)


def _page(status: int, detail: str, headers: Mapping[str, str]) -> Response:
    shown = HTTPException(detail)
    shown.code = status
    page = error_pages.show(shown)
    page.headers.update(headers)
    return page


def word_refusal(error: CheckoutError) -> str:
    """Word an error for the shopper; the text of a defect is for the log and the console only."""
    if isinstance(error, Ended) and error.outcome == Outcome.ERROR:
        return "This checkout failed by an error of ours. Nothing was charged, and the cart is as it was."
    return str(error)


def _context(error: CheckoutError) -> dict[str, Any]:
    context = dict(error.context)
    if isinstance(error, Ended):
        context["outcome"] = error.outcome
    if isinstance(error, InvalidInput) and "reasons" not in context:
        context["reasons"] = [{"field": context.get("field", ""), "message": str(error)}]
    return context


def _problem(
    status: int, slug: str, detail: str, *, phase: str | None = None, context: Mapping[str, Any] | None = None
) -> Problem:
    return Problem(
        type=f"{API_PREFIX}v1/docs#error-{slug}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.path,
        error=slug,
        phase=phase,
        context=dict(context or {}),
        request_id=request_id(),
    )


def _respond(problem: Problem, headers: Mapping[str, str]) -> Response:
    # Whatever is in the context, times and decimals too, an error must not fail while it is told.
    body = to_json(problem.model_dump(), fallback=str, inf_nan_mode="null")
    return Response(body, problem.status, headers, mimetype=MEDIA_TYPE)
