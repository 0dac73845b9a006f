"""Who calls the admin API: a program with an API token, or somebody signed in to the console; and what they may."""

from __future__ import annotations

from flask import g, request
from flask_login import current_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from console.engine.record.audit import Actor
from console.extensions import csrf, db
from console.people.api_tokens import recognise
from console.web.shared.roles import may


def require_right(right: str) -> None:
    """Let a request through whose caller has a right of the console's table.

    Raises:
        Unauthorized: when nobody known calls.
        Forbidden: when the caller's role lacks the right.
        CSRFError: for a change asked for by a console session without its CSRF token.
    """
    name, role = _program() if "Authorization" in request.headers else _person()
    if not may(role, right):
        raise Forbidden(f"The role {role} does not allow this.")
    g.api_actor, g.api_role = Actor(name, request.remote_addr), role


def caller() -> Actor:
    """Give who calls, once `require_right` has let them through."""
    actor: Actor = g.api_actor
    return actor


def caller_may(right: str) -> bool:
    """Tell whether who calls has another right, once `require_right` has let them through."""
    return may(g.api_role, right)


def _person() -> tuple[str, str]:
    if not current_user.is_authenticated:
        raise _stranger("Show an API token: Authorization: Bearer <token>; or sign in to the console.")
    csrf.protect()  # the browser sends the session along by itself, whoever's page asked it to
    return current_user.email, current_user.role


def _program() -> tuple[str, str]:
    scheme, _, token = request.headers["Authorization"].strip().partition(" ")
    row = recognise(db.session(), token.strip()) if scheme.lower() == "bearer" else None
    if row is None:
        raise _stranger("There is no such API token.")
    return f"token:{row.name}", row.role


def _stranger(message: str) -> Unauthorized:
    return Unauthorized(message, www_authenticate=WWWAuthenticate("bearer", {"realm": "admin"}))
