"""Settings of the worker's jobs: their intervals. Those that nobody sets stand in `console/jobs/schedule.py`."""

from __future__ import annotations

from console.settings.kinds import number
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "CHECKOUT_CLEANUP_INTERVAL",
        number(0.1, 1440),
        5,
        "the sweep's interval: time between two sweeps of due checkouts",
        "minutes",
    ),
)
