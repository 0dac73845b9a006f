"""Signing in to the console: who is at work, the sign-in page, and what strangers are told."""

from __future__ import annotations

from flask import Flask

from console.extensions import login_manager
from console.web.auth import identity, refusals, sign_in


def register(app: Flask) -> None:
    """Give an app its sign-in pages, and its way to recognise who is signed in."""
    login_manager.user_loader(identity.recognise)
    login_manager.unauthorized_handler(refusals.ask_to_sign_in)
    app.register_blueprint(sign_in.blueprint)
