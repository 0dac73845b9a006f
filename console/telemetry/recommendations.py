"""What should be done about what was found: each recommendation says what is the case and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from console.engine.care.doctor import Finding
from console.telemetry.health import OLDEST_EVENT_SECONDS, Health
from console.telemetry.statistics import SUCCESS_RATE_TARGET, Statistics
from console.wording import counted, words

Level = Literal["error", "warning", "hint"]
FLASK = "flask --app wsgi"
_LEVELS: Sequence[Level] = ("error", "warning", "hint")
_FEWEST_ENDED = 20
_TO_DO = {
    "database": "See that the database runs and that DATABASE_URL is right.",
    "expired_locks": f"See that a worker runs; now: {FLASK} checkout cleanup-expired-locks",
    "stuck_checkouts": f"Look at each: {FLASK} checkout diagnostics --reference …; {FLASK} checkout recover may help.",
    "worker": f"Start one, on any host: {FLASK} checkout worker",
    "events": f"See that a worker runs: {FLASK} checkout worker; and mend the listener, where one fails.",
    "invariants": f"A defect: see {FLASK} checkout doctor, keep the database as it is, and report it.",
    "redis": "See that Redis runs and that REDIS_URL is right; until then every process limits by itself.",
    "disk": "See that the disk of INSTANCE_PATH has room, and that this process may write to it.",
}


@dataclass(frozen=True)
class Recommendation:
    """What is the case with a subject, and what to do about it."""

    level: Level
    subject: str
    finding: str
    advice: str


@dataclass(frozen=True)
class Backlog:
    """The events that nobody was told of yet: how many, how old the oldest is, how many met an error, and the last."""

    count: int
    oldest_seconds: float
    failing: int
    last_error: str | None

    @property
    def is_late(self) -> bool:
        """Tell whether the oldest waits for longer than it should."""
        return self.oldest_seconds > OLDEST_EVENT_SECONDS


def by_urgency(found: Sequence[Recommendation]) -> list[Recommendation]:
    """Put the most urgent first."""
    return sorted(found, key=lambda each: _LEVELS.index(each.level))


def on_health(health: Health) -> Iterator[Recommendation]:
    """Recommend what each check that is not well calls for."""
    for name, check in health.checks.items():
        if check.status != "ok":
            yield Recommendation(check.status, words(name), f"{_sentence(check.message)}.", _TO_DO[name])


def on_rules(findings: Sequence[Finding]) -> Iterator[Recommendation]:
    """Recommend what to do about upkeep rules that are broken."""
    for finding in findings:
        if finding.is_broken:
            told = ", ".join(sorted({str(facts["reference"]) for facts in finding.facts})[:5])
            found = f"It should be that {finding.title}; {counted(len(finding.facts), 'case')}: {told}."
            yield Recommendation("warning", "Checkouts", found, f"Now: {FLASK} checkout doctor --fix")


def on_events(backlog: Backlog) -> Iterator[Recommendation]:
    """Recommend what to do about events that are not delivered."""
    if backlog.failing:
        found = f"{counted(backlog.failing, 'event')} met an error at delivery, last: {backlog.last_error}"
        yield Recommendation("warning", "Events", found, "Mend the listener; they are delivered again by themselves.")


def on_numbers(numbers: Statistics) -> Iterator[Recommendation]:
    """Recommend where to look when too many checkouts fail."""
    rate, ended = numbers.success_rate, numbers.completed + numbers.failed
    if rate is None or ended < _FEWEST_ENDED or rate > SUCCESS_RATE_TARGET:
        return
    phase = max(numbers.failures_by_phase, key=lambda each: numbers.failures_by_phase[each], default="")
    most = f", most in {words(phase).lower()} ({numbers.failures_by_phase[phase]})" if phase else ""
    found = (
        f"{rate:.1f} % succeed, fewer than {SUCCESS_RATE_TARGET} %: {counted(numbers.failed, 'checkout')} failed{most}."
    )
    yield Recommendation("hint", "Success rate", found, f"See why: {FLASK} checkout monitor --hours {numbers.hours}")


def on_trouble(rows: Sequence[Any]) -> Iterator[Recommendation]:
    """Recommend a look at each checkout that needs somebody."""
    for row in rows:
        advice = f"{FLASK} checkout diagnostics --reference {row.reference}"
        yield Recommendation("warning", row.reference, row.needs_attention, advice)


def on_household(*, has_products: bool, has_admin: bool) -> Iterator[Recommendation]:
    """Recommend the first steps of a shop that has not made them."""
    if not has_products:
        advice = f"{FLASK} checkout import-catalog FILE, or for a look: {FLASK} checkout seed-demo"
        yield Recommendation("hint", "Catalogue", "There is nothing to sell.", advice)
    if not has_admin:
        advice = f"{FLASK} checkout create-user EMAIL --role admin"
        yield Recommendation("hint", "Console", "Nobody can sign in as an admin.", advice)


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
