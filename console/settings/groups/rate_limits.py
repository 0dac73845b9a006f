"""Settings of how often a shopper may call what moves a checkout."""

from __future__ import annotations

from console.settings.kinds import RATE_LIMIT
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "CHECKOUT_RATE_LIMIT",
        RATE_LIMIT,
        "5 per minute",
        "limit shared by start, process and resume, per customer or address; empty: off",
        empty_counts=True,
    ),
    *(
        Setting(
            f"CHECKOUT_RATE_LIMIT_{call.upper()}",
            RATE_LIMIT,
            None,
            f"limit of {call} alone, in the place of CHECKOUT_RATE_LIMIT; empty: off",
            empty_counts=True,
        )
        for call in ("start", "process", "resume")
    ),
)
