"""A browser's visits to the console: signing in with the form as it is, and what a page is made of."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.extensions import db
from console.people.accounts import create_user

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
_COUNTRY = re.compile(r'<option (?:selected )?value="[A-Z]{2}">[^<>]*</option>')


def add_user(app: APIFlask, role: str = "viewer", *, email: str | None = None) -> str:
    """Make a user of the console with `PASSWORD`; give the e-mail."""
    email = email or f"{role}@example.org"
    with app.app_context(), Session(db.engine) as session:
        create_user(session, email=email, password=PASSWORD, role=role)
        session.commit()
    return email


def csrf_token_in(page: TestResponse) -> str:
    """Find the token that a page's form sends along."""
    found = _TOKEN.search(page.text)
    assert found, page.text
    return found[1]


def sign_in(client: FlaskClient, email: str, *, password: str = PASSWORD, url: str = "/login") -> TestResponse:
    """Open the sign-in page and send its form."""
    token = csrf_token_in(client.get(url))
    return client.post(url, data={"email": email, "password": password, "csrf_token": token})


class Inlined(HTMLParser):
    """What a strict Content-Security-Policy would block in a page: scripts, styles and handlers written into it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(_COUNTRY.sub("", html))  # five hundred on a page of the checkout, with room for nothing else

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        attributes = dict(attrs)
        self.found += [f"<{tag} {name}>" for name in attributes if name.startswith("on") or name == "style"]
        self.found += [f"<{tag}> {value}" for value in attributes.values() if (value or "").startswith("javascript:")]
        if tag == "style" or (tag == "script" and "src" not in attributes):
            self.found.append(f"<{tag}>")
