"""Seeding the demo shop; again it only adds what is missing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.demo import backdating, merchant, stories
from console.demo.history import make_wish, plan
from console.engine.catalog import import_catalog
from console.engine.database import look, transact
from console.engine.errors import Ended, NotAllowed
from console.engine.payments.sandbox import SandboxGateway
from console.engine.runtime import runtime_of
from console.engine.tables import carts, variants

CATALOGUE = Path(__file__).with_name("catalogue.csv")
_SPECIAL = (stories.RARE, stories.DISCONTINUED)


@dataclass(frozen=True)
class SeedReport:
    """How many products and checkouts were added."""

    products: int
    checkouts: int


def seed_demo(
    session: Session,
    *,
    checkouts: int,
    actor: str,
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> SeedReport:
    """Stock the demo shop and give it a history of so many checkouts. Own transactions.

    Raises:
        NotAllowed: when payments go to another gateway than the sandbox.
    """
    if not isinstance(runtime_of(session).gateway, SandboxGateway):
        raise NotAllowed("The demo's payments are for the sandbox gateway only.")
    transact(session, lambda: merchant.set_up(session))
    products = 0 if _has_catalogue(session) else import_catalog(session, CATALOGUE, actor=actor).added
    with _quiet():
        added = _tell_stories(session, checkouts, on_progress)
    transact(session, lambda: backdating.spread_out(session, added))
    return SeedReport(products, len(added))


def _has_catalogue(session: Session) -> bool:
    query = select(variants.c.id).where(variants.c.sku == stories.RARE)
    return look(session, lambda reader: reader.scalar(query)) is not None


def _tell_stories(session: Session, count: int, on_progress: Callable[[int, int], None]) -> list[str]:
    """Let the checkouts happen that have not yet; give the references of their carts."""
    planned = plan(count)
    known = _known(session, [reference for reference, _ in planned])
    skus = _sold()
    missing = [(reference, story) for reference, story in planned if reference not in known]
    for done, (reference, story) in enumerate(missing, start=1):
        with suppress(Ended):  # a shop that reserves at the start refuses there
            story(session, make_wish(reference, skus))
        on_progress(done, len(missing))
    return [reference for reference, _ in missing]


def _known(session: Session, references: list[str]) -> set[str]:
    query = select(carts.c.external_reference).where(carts.c.external_reference.in_(references))
    return look(session, lambda reader: set(reader.scalars(query)))


def _sold() -> list[str]:
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()[1:]
    return [sku for sku in (line.split(",", 1)[0] for line in lines) if sku not in _SPECIAL]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log quiet: that payments fail here is as it should be."""
    logger = logging.getLogger("checkout")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
