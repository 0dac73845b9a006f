"""Programs that call the admin API with a token of a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIFlask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.extensions import db
from console.people.api_tokens import create_token
from tests.support.web.shopper import API, require_described

Ask = Callable[..., TestResponse]


def make_token(app: APIFlask, role: str) -> str:
    """Make an API token."""
    with app.app_context(), Session(db.engine) as session:
        token = create_token(session, name=f"erp-{role}", role=role)
        session.commit()
    return token


def program(app: APIFlask, role: str) -> Ask:
    """Give what a program of a role asks with: method, path below the admin API, JSON body."""
    headers = {"Authorization": f"Bearer {make_token(app, role)}"}

    def ask(method: str, path: str, **request: Any) -> TestResponse:
        answer = app.test_client().open(f"{API}/admin{path}", method=method, headers=headers, **request)
        require_described(method, f"/admin{path}", answer)
        return answer

    return ask
