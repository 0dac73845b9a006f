"""A filled database of an earlier version on its way: up to the newest one, used there, back down, and up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import flask_migrate
from alembic.script import ScriptDirectory
from apiflask import APIFlask
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from console.engine import advance, process
from console.engine.care.doctor import Finding, diagnose
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover
from console.engine.machine import ENDED, OperationStatus
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database
from console.models import CheckoutLock, PaymentOperation
from console.paths import resource
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway
from tests.support.dumps import Dump, find_differences
from tests.support.engine.facts import let_tries_come, tell
from tests.support.installation import build_app, close
from tests.support.schemas import Schema, describe, find_broken, names_gone, unlike_models

MIGRATIONS = resource("migrations")

Result = TypeVar("Result")
_STATES = select(CheckoutLock.id, CheckoutLock.state)
_WAITING = (
    select(PaymentOperation, CheckoutLock)
    .join(CheckoutLock, CheckoutLock.id == PaymentOperation.lock_id)
    .where(PaymentOperation.status == OperationStatus.WAITING)
)


@dataclass(frozen=True)
class Site:
    """An installation whose database goes from one revision to another, by the migrations in a folder."""

    app: APIFlask
    url: str
    migrations: Path

    def upgrade(self, revision: str = "head") -> None:
        """Go up to a revision, the newest by default."""
        with self.app.app_context():
            flask_migrate.upgrade(directory=str(self.migrations), revision=revision)

    def downgrade(self, revision: str) -> None:
        """Go down to a revision."""
        with self.app.app_context():
            flask_migrate.downgrade(directory=str(self.migrations), revision=revision)

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """Do something in a transaction on a connection of its own."""
        with self.connect() as database, database.begin() as connection:
            return work(connection)

    @contextmanager
    def connect(self) -> Iterator[Engine]:
        """Connect to the database as a process does that starts now."""
        database = create_database(self.url)
        attach(database, config=CheckoutConfig(), gateway=ScriptedGateway())
        try:
            yield database
        finally:
            database.dispose()

    def harmless(self, *, after: str, until: str = "head") -> dict[str, str]:
        """Give what the migrations after a revision say does no harm to the version of that revision, and why."""
        scripts = ScriptDirectory(str(self.migrations)).iterate_revisions(until, after)
        declared = [getattr(script.module, "harmless", {}) for script in scripts]
        return {name: reason for each in declared for name, reason in each.items()}


@contextmanager
def open_site(url: str, folder: Path, migrations: Path = MIGRATIONS) -> Iterator[Site]:
    """Set up an installation on a database of any revision."""
    app = build_app(url, folder)
    try:
        yield Site(app, url, migrations)
    finally:
        close(app)


@dataclass(frozen=True)
class Journey:
    """What was seen on the way; `lost` has by stage what was missing or changed of the rows of the dump's version.

    `schemas` are those of the dump's version and of the next one, `ends` tells which state became which in use.
    """

    dump: Dump
    schemas: tuple[Schema, Schema]
    harmless: dict[str, str]
    unlike: list[Any]
    broken: dict[str, list[Finding]]
    ends: set[tuple[str, str]]
    lost: dict[str, list[str]]

    @property
    def breaking(self) -> dict[str, str]:
        """What would break the version before, but for what the migrations say is harmless."""
        return {name: how for name, how in find_broken(*self.schemas).items() if name not in self.harmless}

    @property
    def excused_in_vain(self) -> set[str]:
        """What the migrations say is harmless, and would break nothing."""
        return self.harmless.keys() - find_broken(*self.schemas).keys()


def travel(site: Site, dump: Dump, *, until: str = "head") -> Journey:
    """Fill an empty database at the dump's revision and take it there and back; `until` is the next version's."""
    site.upgrade(dump.revision)
    schemas = [site.run(describe)]
    site.run(dump.load)
    filled = site.run(dump.rows)
    site.upgrade(until)
    schemas.append(site.run(describe))
    site.upgrade()
    kept = dump.without(names_gone(site.run(describe), site.harmless(after=dump.revision)))
    lost = {"up": list(find_differences(filled, site.run(kept.rows)))}
    unlike = site.run(unlike_models)
    broken = {"upgraded": find_broken_invariants(site)}
    ends = use(site)
    broken["used"] = find_broken_invariants(site)
    used = site.run(kept.rows)
    site.downgrade(dump.revision)
    lost["down"] = list(find_differences(used, site.run(kept.rows)))
    site.upgrade()
    lost["up again"] = list(find_differences(used, site.run(kept.rows)))
    harmless = site.harmless(after=dump.revision, until=until)
    return Journey(dump, (schemas[0], schemas[1]), harmless, unlike, broken, ends, lost)


def find_broken_invariants(site: Site) -> list[Finding]:
    """Have the doctor tell which invariants do not hold."""
    with site.connect() as database, Session(database) as session:
        findings = diagnose(session, sweep_seconds=60).findings
    return [finding for finding in findings if finding.number is not None and finding.is_broken]


def use(site: Site) -> set[tuple[str, str]]:
    """Buy something and drive on what was under way; tell which state became which."""
    with site.connect() as database, Session(database, expire_on_commit=False) as session:
        was = dict(session.execute(_STATES.where(CheckoutLock.state.not_in(ENDED))).all())
        bought = Shop(session).checkout(("MUG", 1), ("PEN", 1), token="made-after-the-upgrade")
        process(session, bought, payment=VISA)
        for operation, lock in session.execute(_WAITING).all():
            tell(session, lock, operation.kind, OperationStatus.SUCCEEDED)
            advance(session, lock)
        let_tries_come(session)
        recover(session)
        expire_due(session)
        now = session.execute(_STATES.where(CheckoutLock.id.in_([bought.id, *was])))
        return {(was.get(lock_id, "new"), state) for lock_id, state in now}
