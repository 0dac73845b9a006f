"""Settings of what is answered from a cache, and for how long."""

from __future__ import annotations

from console.settings.kinds import whole
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "CHECKOUT_STATUS_CACHE_SECONDS",
        whole(0, 3600),
        30,
        "how long a checkout's status is cached",
        "seconds",
    ),
    Setting("CHECKOUT_COUNT_CACHE_SECONDS", whole(0, 3600), 60, "how long counts of lists are cached", "seconds"),
)
