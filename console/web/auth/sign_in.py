"""The sign-in page: e-mail and password, the same answer to every mistake, and a limit on tries."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from http import HTTPStatus

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from werkzeug import Response
from werkzeug.exceptions import TooManyRequests
from wtforms import EmailField, PasswordField, validators  # type: ignore[import-untyped]

from console.engine.store.database import look
from console.extensions import db, limiter
from console.models import User
from console.models.text import is_text
from console.people.accounts import LONGEST_PASSWORD, hash_password, note_sign_in, verify_password
from console.web.auth.destinations import local_path
from console.web.auth.identity import SignedIn

ATTEMPTS = "10 per minute"
MISTAKEN = "That e-mail and password do not belong together, or the account is closed."
TOO_OFTEN = "Too many tries: only 10 a minute are allowed for each address and each e-mail. Wait a minute."
SHOP_KEYS = "shop_"  # what the storefront keeps in the session begins so

blueprint = Blueprint("auth", __name__)
log = structlog.get_logger(__name__)


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = EmailField("E-mail", [validators.InputRequired(), validators.Length(max=255)])
    password = PasswordField("Password", [validators.InputRequired(), validators.Length(max=LONGEST_PASSWORD)])


def email_key() -> str:
    """Name the bucket of tries for the e-mail given, whatever its length and letters."""
    email = request.form.get("email", "").strip().lower()
    return f"email:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


@blueprint.get("/login")
def login() -> Response:
    """Show the sign-in page; who is signed in already goes on."""
    if current_user.is_authenticated:
        return redirect(destination())
    return page()


@blueprint.post("/login")
@limiter.limit(ATTEMPTS, key_func=get_remote_address)
@limiter.limit(ATTEMPTS, key_func=email_key)
def log_in() -> Response:
    """Sign in and go where one wanted to; or show the page again, without a word on what was wrong."""
    form = SignInForm()
    user = find_user(form.email.data, form.password.data) if form.validate() else None
    if user is None:
        log.warning("sign_in_refused", address=request.remote_addr)
        return page(MISTAKEN, status=HTTPStatus.UNAUTHORIZED)
    _forget_session()
    login_user(user)
    note_sign_in(db.session(), user.id)
    log.info("signed_in", user_id=user.id, address=request.remote_addr)
    return redirect(destination(), HTTPStatus.SEE_OTHER)


@blueprint.post("/logout")
def logout() -> Response:
    """Sign out."""
    _forget_session()
    return redirect(url_for("auth.login"), HTTPStatus.SEE_OTHER)


def _forget_session() -> None:
    """Empty the session but for the shop's cart: what was planted before, a CSRF token too, is worth nothing after."""
    kept = {name: value for name, value in session.items() if name.startswith(SHOP_KEYS)}
    session.clear()
    session.update(kept)


@blueprint.errorhandler(TooManyRequests)
def too_often(_error: TooManyRequests) -> Response:
    """Show the sign-in page with the reason why it does not listen."""
    return page(TOO_OFTEN, status=HTTPStatus.TOO_MANY_REQUESTS)


@blueprint.errorhandler(CSRFError)
def not_believed(error: CSRFError) -> Response:
    """Show the sign-in page anew with the reason why its form is not believed."""
    return page(str(error.description), status=HTTPStatus.BAD_REQUEST)


def find_user(email: str, password: str) -> SignedIn | None:
    """Find the active user with this e-mail and password; it takes as long when there is no such e-mail."""
    address = email.strip().lower()
    if not is_text(address):  # no e-mail has control characters, and PostgreSQL takes no NUL
        address = ""
    query = select(User.id, User.email, User.role, User.password_hash, User.active).where(User.email == address)
    row = look(db.session(), lambda reader: reader.execute(query).one_or_none())
    is_right = verify_password(row.password_hash if row else nobodys_hash(), password)
    return SignedIn.of(row) if row and is_right and row.active else None


@cache
def nobodys_hash() -> str:
    """Give the hash of a password that nobody has."""
    return hash_password(secrets.token_urlsafe(32))


def destination() -> str:
    """Tell where to go after signing in."""
    return local_path(request.args.get("next"), default=url_for("admin.index"))


def page(mistake: str | None = None, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Render the sign-in page; the password is never sent back."""
    form = SignInForm(formdata=request.form or None)
    response = make_response(render_template("auth/login.html", form=form, mistake=mistake), status)
    response.headers["Cache-Control"] = "no-store"
    return response
