"""Sessions: kept in a signed cookie, and read only where there is one."""

from __future__ import annotations

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from console.web.sessions import CookieSessions


@pytest.fixture
def client() -> FlaskClient:
    """Give out a visitor of an app that counts its visits."""
    app = Flask(__name__)
    app.secret_key = "a secret of this test"
    app.session_interface = CookieSessions()

    @app.get("/")
    def visit() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    @app.get("/plain")
    def ask() -> str:
        return "nothing of the session"

    return app.test_client()


def test_a_session_begins_without_a_cookie_and_goes_on_with_it(client: FlaskClient) -> None:
    assert [client.get("/").text for _ in range(3)] == ["1", "2", "3"]


def test_a_forged_cookie_opens_an_empty_session(client: FlaskClient) -> None:
    client.set_cookie("session", URLSafeTimedSerializer("guessed", salt="cookie-session").dumps({"visits": 41}))

    assert client.get("/").text == "1"


def test_without_a_cookie_no_signature_is_prepared(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[Flask] = []
    monkeypatch.setattr(CookieSessions, "get_signing_serializer", lambda _self, app: prepared.append(app))

    client.get("/plain")

    assert prepared == []
