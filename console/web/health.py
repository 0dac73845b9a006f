"""Health pages for load balancers, orchestrators and pagers: /livez, /readyz, /health/checkout."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Flask, current_app

from console.extensions import SETTINGS_KEY, current_settings, db
from console.telemetry.health import check_health
from console.telemetry.occupancy import occupancy
from console.telemetry.readiness import ReadinessProbe, database_check

PROBE_KEY = "checkout_readiness"
UNHEALTHY = 503
STUCK_AFTER_SECONDS = 5

Answer = tuple[dict[str, Any], int]


def register(app: Flask) -> None:
    """Give an app its health pages, and its readiness probe."""
    settings = app.extensions[SETTINGS_KEY]
    app.extensions[PROBE_KEY] = ReadinessProbe(lambda: database_check(settings))
    for path, view in (("/livez", livez), ("/readyz", readyz), ("/health/checkout", health_checkout)):
        app.add_url_rule(path, view_func=_by_plain_http_too(view))


def livez() -> Answer:
    """Answer that this process lives; touches nothing outside."""
    return {"status": "alive"}, 200


def readyz() -> Answer:
    """Answer whether requests can be served: a thread is free, the database reachable and migrated, as last checked."""
    readiness = cast(ReadinessProbe, current_app.extensions[PROBE_KEY]).answer()
    stuck_seconds = occupancy.stuck_seconds()
    if readiness.is_ready and stuck_seconds >= STUCK_AFTER_SECONDS:
        message = f"no request could be served for {stuck_seconds:.0f} s: every thread is busy"
        return {"status": "unavailable", "message": message}, UNHEALTHY
    if readiness.is_ready:
        return {"status": "ready", "message": readiness.message}, 200
    return {"status": "unavailable", "message": readiness.message}, UNHEALTHY


def health_checkout() -> Answer:
    """Answer how the checkouts are: 503 when unhealthy, 200 when degraded or healthy."""
    health = check_health(db.session(), current_settings())
    return health.as_json(), UNHEALTHY if health.status == "unhealthy" else 200


def _by_plain_http_too(view: Callable[[], Answer]) -> Callable[[], Answer]:
    """Keep a view from being redirected: probes come past the proxy that speaks HTTPS, and a 302 reads as an answer."""

    @wraps(view)
    def open_view() -> Answer:
        return view()

    # What Talisman's own decorator sets; it adds the app's headers to it, so each app needs a view of its own.
    vars(open_view)["talisman_view_options"] = {"force_https": False}
    return open_view
