"""The base of every page of the console: signed in, with the right for it, nothing else switched on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import make_response
from flask_admin import BaseView
from flask_login import current_user

from console.web.auth.refusals import ask_to_sign_in, refuse
from console.web.shared.roles import may


class Secured:
    """What makes a Flask-Admin view secure: by itself that lets everybody in."""

    endpoint: str
    _default_view: str

    def is_accessible(self) -> bool:
        """Tell whether whoever is at work may open this view; its menu entry hangs on it."""
        return self._is_allowed(self._default_view)

    def _is_allowed(self, name: str) -> bool:
        return current_user.is_authenticated and may(current_user.role, f"{self.endpoint}.{name}")

    def _handle_view(self, name: str, **_arguments: Any) -> Any:
        if not current_user.is_authenticated:
            return ask_to_sign_in()
        return None if self._is_allowed(name) else refuse()

    def _run_view(self, view: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Flask-Admin's own calls the view a second time when it raised a TypeError, whatever the reason.
        response = make_response(view(self, *args, **kwargs))
        response.headers["Cache-Control"] = "no-store"  # the back button shows nothing after signing out
        return response


class SecureView(Secured, BaseView):
    """A page of the console."""
