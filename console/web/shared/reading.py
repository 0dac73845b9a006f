"""Checkouts and their numbers, read by the settings of the app at work, for pages and the admin API."""

from __future__ import annotations

from console.casebook.cases import Checkout, read_checkout
from console.engine.errors import NotFound
from console.engine.store.database import Reader, look
from console.extensions import current_settings, db
from console.telemetry.statistics import Statistics, read_statistics
from console.telemetry.traffic import read_traffic


def find_checkout(lock_id: int) -> Checkout:
    """Find a checkout with all that belongs to it. Reads only.

    Raises:
        NotFound: when there is no such checkout.
    """
    return look(db.session(), lambda reader: read_case(reader, lock_id))


def read_case(reader: Reader, lock_id: int) -> Checkout:
    """Read a checkout as `find_checkout`, in the reader's transaction."""
    checkout = read_checkout(reader, lock_id, sweep_seconds=current_settings().sweep_seconds)
    if checkout is None:
        raise NotFound("There is no such checkout.")
    return checkout


def statistics_now(hours: int) -> Statistics:
    """Read the statistics of the last hours."""
    tolerance = current_settings().checkout_price_drift_tolerance
    traffic = read_traffic(hours=hours)
    return look(
        db.session(),
        lambda reader: read_statistics(reader, hours=hours, tolerance_minor=tolerance, traffic=traffic),
    )
