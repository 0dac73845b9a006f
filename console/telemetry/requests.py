"""One log line for each HTTP request, and the request id that everything logged on the way carries."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

REQUEST_ID_HEADER = "X-Request-Id"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNLOGGED_PATHS = frozenset({"/livez", "/readyz"})  # asked every few seconds, by machines

log = structlog.get_logger(__name__)


def log_requests(app: Flask) -> None:
    """Give each request of an app an id, taken from `X-Request-Id` where that is a decent one, and log its end."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def request_id() -> str:
    """Hand out the id of the request at hand."""
    return str(g.request_id)


def _begin() -> None:
    given = request.headers.get(REQUEST_ID_HEADER, "")
    g.request_id = given if ACCEPTABLE_ID.fullmatch(given) else uuid4().hex
    g.request_began = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.request_id
    if request.path not in UNLOGGED_PATHS:
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            duration_ms=round((time.perf_counter() - g.request_began) * 1000, 1),
        )
    return response


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id")  # the thread goes on to other things
