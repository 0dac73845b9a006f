"""Ticks: what happens once per slot of time, however many workers there are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.store.database import insert_into, look, transact
from console.models import Tick
from console.models.types import clock


def take_tick(session: Session, name: str, *, every_seconds: float) -> bool:
    """Take the slot of a periodic job that the database's clock is in; tell whether it was free. Own transaction."""
    now = look(session, lambda reader: reader.scalars(select(clock())).one())
    slot = int(now.timestamp() // every_seconds)
    taken = select(Tick.slot).where(Tick.name == name, Tick.slot == slot)
    if look(session, lambda reader: reader.scalar(taken)) is not None:
        return False
    insert = insert_into(session, Tick).values(name=name, slot=slot).on_conflict_do_nothing()
    return transact(session, lambda: session.execute(insert.returning(Tick.slot)).one_or_none()) is not None
