"""What nobody needs any more: ticks, idempotency keys and heartbeats older than a day, deleted in small batches."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import delete, inspect, select, tuple_
from sqlalchemy.orm import Session

from console.engine.store.database import transact
from console.models import Base, IdempotencyKey, Tick, WorkerHeartbeat
from console.models.types import clock

DAY_SECONDS = 24 * 3600
AT_ONCE = 1000

# Each table that is pruned, with the column that tells a row's age.
DATED = (
    (Tick, Tick.taken_at),
    (IdempotencyKey, IdempotencyKey.created_at),
    (WorkerHeartbeat, WorkerHeartbeat.seen_at),
)

log = structlog.get_logger(__name__)


def prune_batch(session: Session) -> int:
    """Delete some of what is older than a day; tell how many rows, 0 when nothing is left. Own transactions."""
    return sum(_prune(session, model, dated) for model, dated in DATED)


def _prune(session: Session, model: type[Base], dated: Any) -> int:
    key = inspect(model).primary_key
    old = select(*key).where(dated < clock(-DAY_SECONDS)).limit(AT_ONCE)
    statement = delete(model).where(tuple_(*key).in_(old)).execution_options(synchronize_session=False)
    pruned: int = transact(session, lambda: session.execute(statement)).rowcount  # type: ignore[attr-defined]
    if pruned:
        log.info("pruned", table=model.__tablename__, rows=pruned)
    return pruned
