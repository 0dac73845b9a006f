"""What every reader of the statistics may rely on."""

from __future__ import annotations

CONTRACT = {
    "active", "completed", "failed", "expired", "states", "success_rate", "average_duration_seconds",
    "p95_duration_seconds", "failures_by_phase", "outcomes", "stuck", "price_drift", "rate_limit_hits", "cache_hit_rate",
}  # fmt: skip
