"""The invariants: each is a query that returns no row at any commit; their numbers are those of docs/engine.md.

Most are SQL; the ones that walk a sequence (12, the audit chain of 15) are read in order.
"""

from __future__ import annotations

from console.engine.care.invariants import amounts, holds, sales, stock, trail
from console.engine.care.invariants.rule import Invariant, Violation
from console.engine.store.database import Reader

__all__ = ["INVARIANTS", "Invariant", "Violation", "check_all", "check_cheap"]

INVARIANTS: tuple[Invariant, ...] = tuple(
    sorted(
        (
            *stock.INVARIANTS,
            *sales.INVARIANTS,
            *holds.INVARIANTS,
            *amounts.INVARIANTS,
            *trail.INVARIANTS,
        ),
        key=lambda invariant: invariant.number,
    )
)


def check_all(reader: Reader) -> list[Violation]:
    """Check every invariant. Reads only."""
    return [violation for invariant in INVARIANTS for violation in invariant.check(reader)]


def check_cheap(reader: Reader) -> list[Violation]:
    """Check the invariants that cost little however much was sold. Reads only."""
    return [violation for invariant in INVARIANTS if invariant.is_cheap for violation in invariant.check(reader)]
