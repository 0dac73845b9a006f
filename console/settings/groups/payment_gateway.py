"""Settings of the gateway that moves the money, whichever it is: its choice and its time-outs."""

from __future__ import annotations

from console.settings.kinds import GATEWAY, number, whole
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting("CHECKOUT_PAYMENT_GATEWAY", GATEWAY, "sandbox", "the gateway that moves the money"),
    Setting(
        "CHECKOUT_PAYMENT_AUTH_TIMEOUT",
        whole(1, 86400),
        300,
        "how long a shopper may take to approve",
        "seconds",
    ),
    Setting(
        "CHECKOUT_PAYMENT_CAPTURE_TIMEOUT",
        whole(1, 30 * 86400),
        3600,
        "how long a capture may stay open before somebody is called",
        "seconds",
    ),
    Setting(
        "CHECKOUT_GATEWAY_TIMEOUT",
        number(0.1, 30),
        10,
        "how long one call to the gateway may take",
        "seconds",
    ),
)
