"""Moments by the database's clock, which every host shares."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.store.database import look
from console.models.types import clock


def moment_ago(session: Session, seconds: float) -> datetime:
    """Tell the moment so many seconds ago. Reads only."""
    return look(session, lambda reader: reader.scalars(select(clock(-seconds))).one())
