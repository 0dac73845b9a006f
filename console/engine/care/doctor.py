"""The doctor: every invariant and upkeep rule at once; `mending` has the little that it may mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from console.engine.care.invariants import INVARIANTS, Invariant
from console.engine.care.ledger_comparison import Difference, find_differences
from console.engine.driving.locks import is_due
from console.engine.driving.recovery import overdue_operations
from console.engine.errors import DatabaseTrouble
from console.engine.payments.gateway import NoAnswer
from console.engine.runtime import runtime_of
from console.engine.store.database import look
from console.engine.store.tables import locks

MOST_LISTED = 100
_READ_TIMEOUT_MS = 600_000


@dataclass(frozen=True)
class Finding:
    """One rule and what breaks it. `number` is an invariant's in docs/engine.md, None for an upkeep rule."""

    title: str
    number: int | None = None
    facts: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    @property
    def is_broken(self) -> bool:
        """Tell whether anything breaks the rule."""
        return bool(self.facts)


@dataclass(frozen=True)
class Diagnosis:
    """Every rule with what was found."""

    findings: list[Finding]

    @property
    def is_sound(self) -> bool:
        """Tell whether every invariant holds."""
        return not any(finding.is_broken for finding in self.findings if finding.number is not None)

    @property
    def is_clean(self) -> bool:
        """Tell whether every rule holds, those of health too."""
        return not any(finding.is_broken for finding in self.findings)


def diagnose(session: Session, *, sweep_seconds: float) -> Diagnosis:
    """Check every invariant and upkeep rule; `sweep_seconds` lie between two sweeps. Reads only."""
    session.commit()
    invariants = look(session, _check_invariants)
    upkeep = look(session, lambda reader: list(check_upkeep_rules(reader, session, sweep_seconds=sweep_seconds)))
    return Diagnosis([*invariants, *upkeep, _compare_ledgers(session)])


def _check_invariants(reader: Connection) -> list[Finding]:
    """Check the invariants on one snapshot of the database: between two queries checkouts would move on."""
    if reader.dialect.name == "postgresql":
        reader.execution_options(isolation_level="REPEATABLE READ")
        reader.execute(select(func.set_config("statement_timeout", str(_READ_TIMEOUT_MS), True)))
    return [_examine(invariant, reader) for invariant in INVARIANTS]


def _examine(invariant: Invariant, reader: Connection) -> Finding:
    violations = islice(invariant.check(reader), MOST_LISTED)
    return Finding(invariant.title, invariant.number, [violation.facts for violation in violations])


def check_upkeep_rules(reader: Connection, session: Session, *, sweep_seconds: float) -> Iterator[Finding]:
    """Check the upkeep rules, which cost little however much was sold; `session` knows the settings. Reads only."""
    columns = ("reference", "kind", "status", "created_at")
    overdue = overdue_operations(runtime_of(session).config).subquery()
    forgotten = select(*(overdue.c[name] for name in columns))
    yield _ask(reader, forgotten, title="no operation is forgotten past its time-out")
    unswept = select(*locks.c["reference", "state", "expires_at"]).where(is_due(for_seconds=2 * sweep_seconds))
    yield _ask(reader, unswept, title="no due checkout was missed by two sweeps")


def _ask(reader: Connection, query: Any, *, title: str) -> Finding:
    return Finding(title, facts=[dict(row._mapping) for row in reader.execute(query.limit(MOST_LISTED))])


def _compare_ledgers(session: Session) -> Finding:
    title = "our operations and the gateway's ledger agree"
    try:
        differences = find_differences(session)
    except NoAnswer as silence:
        return Finding(title, facts=[{"gateway": f"did not answer: {silence}"}])
    except DatabaseTrouble as trouble:
        return Finding(title, facts=[{"operations": f"could not be read: {trouble}"}])
    if differences is None:
        return Finding(title, note="this gateway shows no ledger")
    return Finding(title, facts=[_told(difference) for difference in differences[:MOST_LISTED]])


def _told(difference: Difference) -> dict[str, Any]:
    facts = {name: getattr(difference, name) for name in ("reference", "kind", "ours", "theirs", "currency")}
    return facts | {"told": difference.told}
