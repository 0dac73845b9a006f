"""Settings of who is told of checkouts that went wrong."""

from __future__ import annotations

from console.settings.kinds import BOOLEAN, EMAIL, url
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting("CHECKOUT_NOTIFY_ON_FAILURE", BOOLEAN, False, "notify of checkouts that failed"),
    Setting("CHECKOUT_NOTIFY_ON_EXPIRATION", BOOLEAN, False, "notify of checkouts that expired"),
    Setting("CHECKOUT_NOTIFICATION_EMAIL", EMAIL, None, "who gets these notifications by mail"),
    Setting(
        "CHECKOUT_NOTIFICATION_WEBHOOK",
        url("http", "https"),
        None,
        "where these notifications are posted",
        secret=True,
    ),
)
