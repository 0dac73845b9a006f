"""Signing in and out, and what strangers, guessers and forgers get."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from console.csrf import FORGED, REASONS
from console.extensions import db
from console.models import User
from console.people import accounts
from console.web.auth import sign_in as sign_in_page
from tests.support.web.console_visits import PASSWORD, add_user, csrf_token_in, sign_in

pytestmark = pytest.mark.databases("sqlite")


def test_a_user_signs_in_and_out(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)

    signed_in = sign_in(client, email.upper())
    inside = client.get("/admin/")
    signed_out = client.post("/logout", data={"csrf_token": csrf_token_in(inside)})
    outside = client.get("/admin/")

    assert (signed_in.status_code, signed_in.location) == (303, "/admin/")
    assert inside.status_code == 200
    assert (signed_out.status_code, signed_out.location) == (303, "/login")
    assert (outside.status_code, outside.location) == (302, "/login?next=/admin/")
    with app.app_context(), Session(db.engine) as session:
        assert session.scalars(select(User)).one().last_login_at is not None


def test_the_session_ends_with_the_browser(app: APIFlask, client: FlaskClient) -> None:
    cookies = sign_in(client, add_user(app)).headers.getlist("Set-Cookie")

    assert [cookie.partition("=")[0] for cookie in cookies] == ["session"]
    assert "expires" not in cookies[0].lower()
    assert "max-age" not in cookies[0].lower()
    assert "HttpOnly" in cookies[0]
    assert "SameSite=Lax" in cookies[0]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("viewer@example.org", "wrong horse battery"),
        ("nobody@example.org", PASSWORD),
        ("viewer@example.org\x00", PASSWORD),
        ("\x00", PASSWORD),
        ("", PASSWORD),
        ("viewer@example.org", ""),
        ("viewer@example.org", "x" * 100_000),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ],
)
def test_every_mistake_gets_the_same_answer(app: APIFlask, client: FlaskClient, email: str, password: str) -> None:
    add_user(app)

    refused = sign_in(client, email, password=password)

    assert refused.status_code == 401
    assert sign_in_page.MISTAKEN in refused.text
    assert password not in refused.text or not password
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("email", ["viewer@example.org", "nobody@example.org"])
def test_an_unknown_e_mail_costs_one_verification_too(
    app: APIFlask, client: FlaskClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(app)
    verified: list[str] = []

    def verify(password_hash: str, password: str) -> bool:
        verified.append(password_hash[:10])
        return accounts.verify_password(password_hash, password)

    monkeypatch.setattr(sign_in_page, "verify_password", verify)

    sign_in(client, email, password="wrong horse battery")

    assert verified == ["$argon2id$"]


def test_a_disabled_user_is_out_at_once_and_stays_out(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)
    sign_in(client, email)
    assert client.get("/admin/").status_code == 200

    with app.app_context(), Session(db.engine) as session:
        accounts.disable_user(session, email=email)
        session.commit()

    assert client.get("/admin/").status_code == 302
    assert sign_in_page.MISTAKEN in sign_in(client, email).text


def test_a_new_password_ends_the_sessions_of_the_old_one(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)
    sign_in(client, email)

    with app.app_context(), Session(db.engine) as session:
        accounts.set_password(session, email=email, password="another horse battery")
        session.commit()

    assert client.get("/admin/").status_code == 302


def test_what_was_planted_in_the_session_is_worth_nothing_afterwards(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)
    planted = csrf_token_in(client.get("/login"))
    with client.session_transaction() as session:
        session["planted"] = True

    client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": planted})

    with client.session_transaction() as session:
        assert "planted" not in session
    assert client.post("/logout", data={"csrf_token": planted}).status_code == 400
    assert client.get("/admin/").status_code == 200


def test_a_form_without_its_token_is_refused(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)

    refused = client.post("/login", data={"email": email, "password": PASSWORD})

    assert refused.status_code == 400
    assert REASONS[FORGED] in refused.text
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/admin/checkout-locks/?state=failed", "/admin/checkout-locks/?state=failed"),
        ("//evil.example/", "/admin/"),
    ],
)
def test_signing_in_leads_where_one_wanted_to_go_in_this_console(
    app: APIFlask, client: FlaskClient, wanted: str, reached: str
) -> None:
    email = add_user(app)
    token = csrf_token_in(client.get("/login"))

    signed_in = client.post(
        "/login", query_string={"next": wanted}, data={"email": email, "password": PASSWORD, "csrf_token": token}
    )

    assert (signed_in.status_code, signed_in.location) == (303, reached)


def test_who_is_signed_in_does_not_sign_in_again(app: APIFlask, client: FlaskClient) -> None:
    sign_in(client, add_user(app))

    assert client.get("/login?next=/admin/checkout-locks/").location == "/admin/checkout-locks/"


def test_an_address_has_ten_tries_a_minute(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)
    statuses = [sign_in(client, f"guess-{number}@example.org").status_code for number in range(10)]

    refused = sign_in(client, email)

    assert statuses == [401] * 10
    assert refused.status_code == 429
    assert sign_in_page.TOO_OFTEN in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert client.get("/login").status_code == 200


def test_an_e_mail_has_ten_tries_a_minute_from_all_addresses(app: APIFlask, client: FlaskClient) -> None:
    email = add_user(app)
    token = csrf_token_in(client.get("/login"))

    def attempt(number: int, password: str) -> int:
        data = {"email": email, "password": password, "csrf_token": token}
        return client.post("/login", data=data, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"}).status_code

    statuses = [attempt(number, "wrong horse battery") for number in range(10)]

    assert statuses == [401] * 10
    assert attempt(99, PASSWORD) == 429


def test_the_sign_in_page_asks_nothing_of_the_database(app: APIFlask, client: FlaskClient) -> None:
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    assert client.get("/login").status_code == 200

    assert asked == []
