"""What a replay comes to: counts by ending and reason, rate and durations."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.imports.replay.buying import Ending, Failure, InvoiceResult
from console.imports.replay.invoices import Reading, Skip

_MOST_LISTED = 50
_QUANTILES = (0.5, 0.95, 0.99)


@dataclass
class ReplayReport:
    """Counts of what became of the invoices read; `short_skus` is how often each SKU was short."""

    reading: Reading
    durations: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    short_skus: Counter[str] = field(default_factory=Counter)
    skipped: Counter[Skip] = field(default_factory=Counter)
    unknown_skus: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.skipped.update(self.reading.skipped_invoices)

    def add(self, result: InvoiceResult | Failure) -> None:
        """Count what became of one invoice."""
        if isinstance(result, Failure):
            self.failed += 1
            self.failures.extend([result] if len(self.failures) < _MOST_LISTED else [])
        elif result.ending == Ending.BOUGHT:
            self.durations.append(result.seconds)
        elif result.ending == Ending.REFUSED:
            self.refused[str(result.reason)] += 1
            self.short_skus.update(fact["sku"] for fact in result.facts if "available" in fact)
        else:
            self.skipped[Skip(str(result.reason))] += 1
            self.unknown_skus.update(fact["sku"] for fact in result.facts)

    @property
    def bought(self) -> int:
        """Tell how many were bought."""
        return len(self.durations)

    @property
    def rate(self) -> float:
        """Tell how many were bought a second."""
        return self.bought / self.seconds if self.seconds else 0.0

    @property
    def quantiles(self) -> dict[str, float]:
        """Tell within how many seconds 50, 95 and 99 of 100 checkouts were bought."""
        ordered = sorted(self.durations)
        if not ordered:
            return {}
        return {f"p{quantile * 100:.0f}": ordered[math.ceil(quantile * len(ordered)) - 1] for quantile in _QUANTILES}

    def as_document(self) -> dict[str, Any]:
        """Build the report as JSON has it; times in seconds."""
        return {
            "bought": self.bought,
            "refused": _by_name(self.refused),
            "short_skus": _by_name(self.short_skus),
            "skipped_invoices": _by_name(self.skipped),
            "skipped_lines": _by_name(self.reading.skipped_lines),
            "unknown_countries": _by_name(self.reading.unknown_countries),
            "unknown_skus": _by_name(self.unknown_skus),
            "broken_lines": [{"line": each.number, "reason": each.reason} for each in self.reading.broken],
            "failed": self.failed,
            "failures": [{"invoice": each.number, "message": each.message} for each in self.failures],
            "seconds": round(self.seconds, 3),
            "per_second": round(self.rate, 2),
            "durations": {name: round(seconds, 4) for name, seconds in self.quantiles.items()},
        }


def _by_name(counts: Mapping[Any, int]) -> dict[str, int]:
    """Give counts under plain names, the most frequent first."""
    return {str(name): count for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}
