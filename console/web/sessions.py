"""Sessions in a signed cookie, read only where a request brings one: calls of the API hardly ever do."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own sessions, without preparing to verify a cookie that is not there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session of a request's cookie, an empty one without a cookie."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)
