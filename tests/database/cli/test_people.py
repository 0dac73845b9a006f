"""`checkout create-user`, `set-password`, `disable-user`, `create-token`."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.engine.cart.carts import hash_token
from console.extensions import db
from console.models import ApiToken, AuditEntry, User
from console.people.accounts import find_user, verify_password
from tests.support.commands import Run
from tests.support.engine.rows import read, read_one

pytestmark = pytest.mark.databases("sqlite")

PASSWORD = "correct horse battery"


def user(app: APIFlask, email: str = "ada@example.org") -> User:
    with app.app_context(), Session(db.engine) as session:
        return find_user(session, email)


def test_a_user_signs_in_with_the_password_from_standard_input(run: Run, app: APIFlask) -> None:
    ran = run("create-user", "Ada@Example.org", "--role", "admin", stdin=f"{PASSWORD}\n")

    ada = user(app)
    assert ran.out == "ada@example.org may sign in as admin.\n"
    assert (ada.email, ada.role, ada.active) == ("ada@example.org", "admin", True)
    assert verify_password(ada.password_hash, PASSWORD)
    assert PASSWORD not in ada.password_hash


def test_without_a_password_one_is_made_up_and_shown(run: Run, app: APIFlask) -> None:
    ran = run("create-user", "ada@example.org", "--role", "viewer")

    shown = ran.out.splitlines()[-1].removeprefix("Password (shown this once): ")
    assert verify_password(user(app).password_hash, shown)


def test_a_password_can_be_changed(run: Run, app: APIFlask) -> None:
    run("create-user", "ada@example.org", "--role", "viewer", stdin=PASSWORD)

    run("set-password", "ADA@example.org", stdin="another password")

    assert verify_password(user(app).password_hash, "another password")
    assert not verify_password(user(app).password_hash, PASSWORD)


def test_a_user_can_be_shut_out(run: Run, app: APIFlask) -> None:
    run("create-user", "ada@example.org", "--role", "viewer", stdin=PASSWORD)

    run("disable-user", "ada@example.org")

    assert user(app).active is False


@pytest.mark.parametrize(
    ("email", "stdin", "told"),
    [
        ("nobody", PASSWORD, "'nobody' is no e-mail address."),
        ("a b@example.org", PASSWORD, "no e-mail address"),
        ("ada@example.org", "short", "A password has 10 to 1000 characters."),
        ("ada@example.org", "x" * 1001, "A password has 10 to 1000 characters."),
        ("taken@example.org", PASSWORD, "is a user already"),
    ],
)
def test_what_cannot_be_a_user_is_told_in_one_line(run: Run, email: str, stdin: str, told: str) -> None:
    run("create-user", "taken@example.org", "--role", "viewer", stdin=PASSWORD)

    ran = run("create-user", email, "--role", "viewer", stdin=stdin)

    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_unknown_role_is_a_usage_error(run: Run) -> None:
    assert run("create-user", "ada@example.org", "--role", "king").code == 2


def test_a_user_that_is_not_there_is_told(run: Run) -> None:
    assert run("disable-user", "ada@example.org").err == "Error: There is no user ada@example.org.\n"


def test_a_token_is_shown_once_and_kept_as_a_digest(run: Run, app: APIFlask) -> None:
    token = run("create-token", "erp", "--role", "support").out.strip()

    with app.app_context(), Session(db.engine) as session:
        kept = read_one(session, ApiToken)
    assert (kept.name, kept.role, kept.token_hash) == ("erp", "support", hash_token(token))


def test_every_change_is_audited_with_who_ran_the_command(run: Run, app: APIFlask) -> None:
    run("create-user", "ada@example.org", "--role", "viewer", stdin=PASSWORD)
    run("set-password", "ada@example.org", stdin="another password")
    run("disable-user", "ada@example.org")
    run("create-token", "erp", "--role", "viewer")

    with app.app_context(), Session(db.engine) as session:
        entries = read(session, AuditEntry)
    assert [entry.action for entry in entries] == ["create_user", "set_password", "disable_user", "create_token"]
    assert all(entry.actor.startswith("cli:") for entry in entries)
    assert "password" not in str([entry.after for entry in entries]).replace("set_password", "")
