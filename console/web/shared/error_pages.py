"""HTTP errors as people see them: one page for all, in plain words."""

from __future__ import annotations

from flask import Response, current_app, make_response, request
from werkzeug.exceptions import HTTPException

from console.telemetry.requests import request_id

CONSOLE_PREFIX = "/admin"


def show(error: HTTPException) -> Response:
    """Render an HTTP error, with the headers it brings along (`Retry-After`, `Allow`).

    The template stands alone and gets no more than it is given here: a page that asked for the signed-in user
    would fail again where the database is what failed.
    """
    template = current_app.jinja_env.get_template("error.html")
    facts = {"error": error, "request_id": request_id(), "is_console": request.path.startswith(CONSOLE_PREFIX)}
    page = make_response(template.render(facts), error.code or 500)
    for name, value in error.get_headers():
        if name != "Content-Type":
            page.headers[name] = value
    return page
