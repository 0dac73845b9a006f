"""The whole system at one look: settings, database, health, what waits for whom, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from console.engine.care.doctor import Finding, check_upkeep_rules
from console.engine.store.database import Reader, dialect_of, look
from console.engine.store.tables import events, variants
from console.models import User
from console.models.vocabulary import Role
from console.settings import Settings
from console.settings.kinds import mask_url_passwords
from console.telemetry.health import Health, check_health
from console.telemetry.monitor import read_numbers
from console.telemetry.overview import Trouble, read_trouble
from console.telemetry.readiness import Readiness, database_check
from console.telemetry.recommendations import (
    Backlog,
    Recommendation,
    by_urgency,
    on_events,
    on_health,
    on_household,
    on_numbers,
    on_rules,
    on_trouble,
)
from console.telemetry.setting_advice import on_settings
from console.telemetry.sql import epoch_seconds
from console.telemetry.statistics import DEFAULT_HOURS, Statistics, read_clock


@dataclass(frozen=True)
class Findings:
    """What a database that is ready tells."""

    health: Health
    numbers: Statistics
    trouble: Trouble
    backlog: Backlog
    rules: Sequence[Finding]
    has_products: bool
    has_admin: bool


@dataclass(frozen=True)
class System:
    """The system as it was found; `findings` is None when the database is not ready."""

    database: Readiness
    dialect: str
    address: str
    findings: Findings | None
    recommendations: Sequence[Recommendation] = field(default_factory=list)

    def as_document(self) -> dict[str, Any]:
        """Write it out, for programs."""
        found = self.findings
        return {
            "database": {"ready": self.database.is_ready, "message": self.database.message, "dialect": self.dialect},
            "health": found and found.health.as_json(),
            "statistics": found and found.numbers.model_dump(),
            "needs_attention": [_facts(row) for row in found.trouble.rows] if found else [],
            "events": found and asdict(found.backlog),
            "recommendations": [asdict(each) for each in self.recommendations],
        }


def examine_system(session: Session, settings: Settings) -> System:
    """Look at everything once. Reads only.

    Raises:
        DatabaseTrouble: when the database goes away meanwhile, or is too slow.
    """
    with database_check(settings) as check:
        database = check()
    found = _find(session, settings) if database.is_ready else None
    return System(
        database,
        dialect=dialect_of(session),
        address=mask_url_passwords(settings.database_url),
        findings=found,
        recommendations=by_urgency([*_recommend(database, found), *on_settings(settings)]),
    )


def _find(session: Session, settings: Settings) -> Findings:
    sweep_seconds = settings.sweep_seconds
    tolerance = settings.checkout_price_drift_tolerance
    return Findings(
        health=check_health(session, settings),
        numbers=read_numbers(session, hours=DEFAULT_HOURS, tolerance_minor=tolerance),
        trouble=look(session, read_trouble),
        backlog=look(session, read_backlog),
        rules=look(session, lambda reader: list(check_upkeep_rules(reader, session, sweep_seconds=sweep_seconds))),
        has_products=look(session, lambda reader: _is_there(reader, variants.c.active)),
        has_admin=look(session, lambda reader: _is_there(reader, User.active & (User.role == Role.ADMIN))),
    )


def _recommend(database: Readiness, found: Findings | None) -> Iterator[Recommendation]:
    if found is None:
        advice = "See that it runs, and bring it up to date: flask --app wsgi db upgrade"
        yield Recommendation("error", "Database", f"It is not ready: {database.message}.", advice)
        return
    yield from on_health(found.health)
    yield from on_rules(found.rules)
    yield from on_trouble(found.trouble.rows)
    yield from on_events(found.backlog)
    yield from on_numbers(found.numbers)
    yield from on_household(has_products=found.has_products, has_admin=found.has_admin)


def read_backlog(reader: Reader) -> Backlog:
    """Read how many events wait for their delivery, in three statements."""
    waiting = events.c.delivered_at.is_(None)
    met_error = waiting & events.c.last_error.is_not(None)
    oldest = func.min(epoch_seconds(events.c.created_at))
    count, oldest_at = reader.execute(select(func.count(), oldest).where(waiting)).one()
    failing = reader.execute(select(func.count()).select_from(events).where(met_error)).scalar_one()
    last = select(events.c.last_error).where(met_error).order_by(events.c.id.desc()).limit(1)
    age = read_clock(reader).timestamp() - float(oldest_at) if count else 0.0
    return Backlog(count, max(0.0, round(age, 1)), failing, reader.execute(last).scalar_one_or_none())


def _is_there(reader: Reader, condition: Any) -> bool:
    return bool(reader.execute(select(exists().where(condition))).scalar_one())


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in ("id", "reference", "state", "needs_attention", "changed_at")}
