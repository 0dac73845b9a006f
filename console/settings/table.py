"""The one table of settings: the groups, one after the other."""

from __future__ import annotations

from console.settings.groups import (
    background_jobs,
    caching,
    checkout_rules,
    installation,
    logs_and_metrics,
    mail,
    notifications,
    payment_gateway,
    rate_limits,
    sandbox_gateway,
    storage,
    web_server,
)
from console.settings.setting import Setting

# A computed default comes after what it is computed from; the documentation has the same order.
TABLE: tuple[Setting, ...] = (
    *installation.SETTINGS,
    *storage.SETTINGS,
    *web_server.SETTINGS,
    *checkout_rules.SETTINGS,
    *background_jobs.SETTINGS,
    *rate_limits.SETTINGS,
    *caching.SETTINGS,
    *payment_gateway.SETTINGS,
    *sandbox_gateway.SETTINGS,
    *mail.SETTINGS,
    *notifications.SETTINGS,
    *logs_and_metrics.SETTINGS,
)
