"""The console: Flask-Admin with one secure base view, and pages of our own in place of its own."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin

from console.web.admin import formats
from console.web.admin.checkout_locks import CheckoutLocks
from console.web.admin.dashboard import Dashboard
from console.web.admin.list_view import ListView
from console.web.shared.listing.audit import AUDIT
from console.web.shared.listing.locks import LOCKS
from console.web.shared.listing.orders import ORDERS
from console.web.shared.listing.payments import PAYMENTS
from console.web.shared.listing.reservations import RESERVATIONS
from console.web.shared.listing.search import HINT
from console.web.shared.listing.snapshots import SNAPSHOTS
from console.web.shared.listing.stock_levels import STOCK_LEVELS
from console.web.shared.listing.users import USERS


def register(app: Flask) -> None:
    """Give an app its console."""
    formats.register(app)
    app.jinja_env.globals["search_hint"] = HINT
    dashboard = Dashboard(name="Overview", endpoint="admin", url="/admin")
    admin = Admin(app, name="Checkout Console", url="/admin", index_view=dashboard)
    admin.add_view(CheckoutLocks(LOCKS))
    for listing in (ORDERS, PAYMENTS, SNAPSHOTS, RESERVATIONS, STOCK_LEVELS, AUDIT, USERS):
        admin.add_view(ListView(listing))
