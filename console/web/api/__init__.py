"""The API: `/api/v1` for shops and their pages, described by `/api/v1/openapi.json`."""

from __future__ import annotations

from flask import Flask

from console.extensions import csrf
from console.web.api import admin, docs
from console.web.api.calls import blueprint
from console.web.api.converters import CONVERTERS
from console.web.api.storefront import carts, checkouts, lines, orders, products, status, webhooks
from console.web.shared import status_cache
from console.web.shared.rate_limiting import checkout_limiter

__all__ = ["admin", "carts", "checkouts", "docs", "lines", "orders", "products", "register", "status", "webhooks"]


def register(app: Flask) -> None:
    """Give an app the API, its limits, and the cache of the checkouts' statuses."""
    app.url_map.converters.update(CONVERTERS)
    csrf.exempt(blueprint)  # a token in a header is nothing a foreign page could send
    checkout_limiter.init_app(app)
    status_cache.register(app)
    app.register_blueprint(blueprint)
