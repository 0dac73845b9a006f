"""The shop: catalogue, cart, checkout and order pages for browsers, with or without JavaScript."""

from __future__ import annotations

from flask import Flask

from console.web.shared import cart_protection, progress
from console.web.storefront import cart, catalogue, checkout, formats, order_pages, payment_return, refusals, status
from console.web.storefront.pages import blueprint
from console.web.storefront.shopper import current_cart

__all__ = ["cart", "catalogue", "checkout", "order_pages", "payment_return", "refusals", "register", "status"]


def register(app: Flask) -> None:
    """Give an app the shop; the protection kit guards its cart, unless the app names another."""
    app.config.setdefault(cart_protection.CURRENT_CART, current_cart)
    cart_protection.register(app)
    progress.register(app)
    formats.register(app)
    app.register_blueprint(blueprint)
