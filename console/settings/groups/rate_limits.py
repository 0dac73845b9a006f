"""Settings of how often a shopper may call what moves a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.settings.kinds import RATE_LIMIT
from console.settings.setting import Computed, Setting


def _default_rate_limit(values: Mapping[str, Any]) -> str:
    return "120 per minute" if values["DEMO"] else "5 per minute"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "CHECKOUT_RATE_LIMIT",
        RATE_LIMIT,
        Computed("5 per minute; 120 in a demo", _default_rate_limit),
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
