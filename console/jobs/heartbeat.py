"""Heartbeats: how the health page knows that a worker lives."""

from __future__ import annotations

import os
import secrets
import socket

from sqlalchemy.orm import Session

from console.engine.store.database import insert_into, transact
from console.models import WorkerHeartbeat
from console.models.types import clock


def new_worker_id() -> str:
    """Make up a name for this worker, unlike any before: host, process and a random part."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def beat(session: Session, worker_id: str) -> None:
    """Say that this worker was just seen. Own transaction."""
    insert = insert_into(session, WorkerHeartbeat).values(worker_id=worker_id)
    statement = insert.on_conflict_do_update(index_elements=["worker_id"], set_={"seen_at": clock()})
    transact(session, lambda: session.execute(statement))
