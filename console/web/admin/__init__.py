"""The console: Flask-Admin with one secure base view, and pages of our own in place of its own."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin

from console.web.admin import formats
from console.web.admin.checkout_locks import CheckoutLocks
from console.web.admin.dashboard import Dashboard
from console.web.admin.list_view import ListView
from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.lock_list import LOCKS
from console.web.shared.listing.order_list import ORDERS
from console.web.shared.listing.payment_list import PAYMENTS
from console.web.shared.listing.reservation_list import RESERVATIONS
from console.web.shared.listing.search import HINT
from console.web.shared.listing.snapshot_list import SNAPSHOTS
from console.web.shared.listing.stock_level_list import STOCK_LEVELS
from console.web.shared.listing.user_list import USERS


def register(app: Flask) -> None:
    """Give an app its console."""
    formats.register(app)
    app.jinja_env.globals["search_hint"] = HINT
    dashboard = Dashboard(name="Overview", endpoint="admin", url="/admin")
    admin = Admin(app, name="Checkout Console", url="/admin", index_view=dashboard)
    admin.add_view(CheckoutLocks(LOCKS))
    for listing in (ORDERS, PAYMENTS, SNAPSHOTS, RESERVATIONS, STOCK_LEVELS, AUDIT, USERS):
        admin.add_view(ListView(listing))
