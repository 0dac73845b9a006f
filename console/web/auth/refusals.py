"""What is told to those who may not: strangers get the sign-in page, programs a JSON document."""

from __future__ import annotations

from http import HTTPStatus

from flask import jsonify, redirect, request, url_for
from werkzeug import Response
from werkzeug.exceptions import Forbidden

from console.telemetry.requests import request_id


def ask_to_sign_in() -> Response:
    """Answer a stranger: the sign-in page, or 401 to a program."""
    if wants_json():
        return problem(HTTPStatus.UNAUTHORIZED, "Sign in to the console first.")
    if request.headers.get("HX-Request"):
        # A redirect would put the sign-in page into the panel that asked.
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": url_for("auth.login")})
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=back))


def refuse() -> Response:
    """Answer somebody who is signed in and lacks the right: 403.

    Raises:
        Forbidden: for people, who get a page.
    """
    told = "Your role does not allow this. Ask an admin of the console if you need it."
    if wants_json():
        return problem(HTTPStatus.FORBIDDEN, told)
    raise Forbidden(told)


def wants_json() -> bool:
    """Tell whether the request is a program's: it prefers JSON, or asks for a JSON document by its address."""
    preferred = request.accept_mimetypes.best_match(("text/html", "application/json"), default="text/html")
    return preferred == "application/json" or request.path.endswith(("/json", "/statistics"))


def problem(status: HTTPStatus, detail: str) -> Response:
    """Build a problem document."""
    facts = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": request.path,
        "error": status.name.lower(),
        "request_id": request_id(),
    }
    response = jsonify(facts)
    response.status_code = status
    response.mimetype = "application/problem+json"
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Session realm="console"'
    return response
