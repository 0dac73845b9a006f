"""The console: Flask-Admin with one secure base view, and pages of our own in place of its own."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin

from console.extensions import db
from console.models import CheckoutLock
from console.web.admin import formats
from console.web.admin.checkout_locks import CheckoutLocks
from console.web.admin.dashboard import Dashboard


def register(app: Flask) -> None:
    """Give an app its console."""
    formats.register(app)
    dashboard = Dashboard(name="Overview", endpoint="admin", url="/admin")
    admin = Admin(app, name="Checkout Console", url="/admin", index_view=dashboard)
    admin.add_view(CheckoutLocks(CheckoutLock, db, name="Checkouts", endpoint="checkout_locks", url="checkout-locks"))
