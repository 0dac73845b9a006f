"""Settings of what the log tells, and who may read the metrics."""

from __future__ import annotations

from console.settings.kinds import BOOLEAN, TEXT
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting("CHECKOUT_LOGGING_ENABLED", BOOLEAN, True, "log what checkouts do"),
    Setting("CHECKOUT_LOG_ALL_PHASES", BOOLEAN, True, "log each phase"),
    Setting("CHECKOUT_LOG_FAILURES", BOOLEAN, True, "log checkouts that failed"),
    Setting("CHECKOUT_LOG_ROLLBACKS", BOOLEAN, True, "log what was given back"),
    Setting("METRICS_TOKEN", TEXT, None, "bearer token that /metrics asks for", secret=True),
)
