"""Health pages for load balancers, orchestrators and pagers: /livez, /readyz, /health/checkout."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Flask, current_app

from console.extensions import SETTINGS_KEY, current_settings, db
from console.telemetry.health import check_health
from console.telemetry.readiness import ReadinessProbe, database_check

PROBE_KEY = "checkout_readiness"
UNHEALTHY = 503

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
    """Answer whether the database is reachable and migrated, from the last background check."""
    readiness = cast(ReadinessProbe, current_app.extensions[PROBE_KEY]).answer()
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
