"""The web: thin views that parse, call a verb of the engine, and render."""

from __future__ import annotations

from flask import Flask

from console.web import admin, api, assets, auth, health, sandbox, storefront
from console.web.shared import errors


def register(app: Flask) -> None:
    """Give an app all its pages and calls."""
    assets.register(app)
    errors.register(app)
    api.register(app)
    health.register(app)
    auth.register(app)
    admin.register(app)
    storefront.register(app)
    sandbox.register(app)
