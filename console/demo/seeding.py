"""Seeding the demo shop; again it only adds what is missing."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.demo import merchant
from console.demo.baskets import CATALOGUE, RARE, make_basket
from console.demo.history import Scene, plan
from console.demo.past import turned_back
from console.demo.rhythm import DAYS
from console.demo.staging import Stage, StagedGateway
from console.engine.errors import Ended, NotAllowed
from console.engine.runtime import attach, runtime_of
from console.engine.store.database import look, transact
from console.engine.store.moments import moment_ago
from console.engine.store.tables import carts, variants
from console.gateways.sandbox import SandboxGateway
from console.imports.catalog import import_catalog

_TTL_MINUTES = 15
_OPENED_DAYS_AGO = DAYS + 1
_DELIVERY_EVERY = 50  # checkouts


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
    missing = _not_told_yet(session, checkouts)
    with _staged(session) as stage, _quiet():
        stage.begin_scene("opening", seconds_ago=86400 * _OPENED_DAYS_AGO)
        products = _open_shop(session, actor=actor)
        for done, scene in enumerate(missing, start=1):
            _tell(stage, scene)
            if done % _DELIVERY_EVERY == 0:
                transact(session, lambda: merchant.take_deliveries(session))
            on_progress(done, len(missing))
    return SeedReport(products, len(missing))


def _not_told_yet(session: Session, count: int) -> list[Scene]:
    scenes = plan(count, now=moment_ago(session, 0))
    query = select(carts.c.external_reference).where(
        carts.c.external_reference.in_([scene.reference for scene in scenes])
    )
    known = look(session, lambda reader: set(reader.scalars(query)))
    return [scene for scene in scenes if scene.reference not in known]


def _open_shop(session: Session, *, actor: str) -> int:
    """Set everything up that is missing; tell how many products that were."""
    transact(session, lambda: merchant.set_up(session))
    query = select(variants.c.id).where(variants.c.sku == RARE)
    is_stocked = look(session, lambda reader: reader.scalar(query)) is not None
    products = 0 if is_stocked else import_catalog(session, CATALOGUE, actor=actor).added
    transact(session, lambda: merchant.offer_coupons(session, days=_OPENED_DAYS_AGO))
    return products


def _tell(stage: Stage, scene: Scene) -> None:
    stage.begin_scene(scene.reference, seconds_ago=scene.seconds_ago)
    with suppress(Ended):  # a shop that reserves at the start refuses there
        scene.story(stage, make_basket(scene.reference, scene.number))


@contextmanager
def _staged(session: Session) -> Iterator[Stage]:
    """Turn the clock of the shop's database back, and have its gateway follow it."""
    database, runtime = session.get_bind().engine, runtime_of(session)
    config, sandbox = runtime.config, runtime.gateway
    if not isinstance(sandbox, SandboxGateway):
        raise NotAllowed("The demo's payments are for the sandbox gateway only.")
    longest = config.max_ttl_minutes
    with turned_back(database) as past:
        gateway = StagedGateway(sandbox, past, random.Random())  # noqa: S311 - seeded by each scene
        attach(database, config=config, gateway=gateway)
        try:
            yield Stage(session, past, gateway, min(_TTL_MINUTES, longest), longest)
        finally:
            attach(database, config=config, gateway=sandbox)


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
