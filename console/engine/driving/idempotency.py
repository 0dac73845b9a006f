"""A request's idempotency key: scoped to one call on one lock; no answer is stored, it is derived (rule 8)."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.driving.locks import is_driverless
from console.engine.errors import IdempotencyConflict
from console.engine.machine import ENDED, State
from console.engine.runtime import runtime_of
from console.engine.store.database import Reader, insert_into, look
from console.engine.store.tables import idempotency_keys, locks

_POLL_SECONDS = 0.05
_DECIDED = (*ENDED, State.ROLLING_BACK)


class KeySeen(Exception):
    """The very same request was made before; its answer follows from the checkout."""


def hash_request(**request: Any) -> str:
    """Digest a request, so that the same key with another body is noticed."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def claim_key(session: Session, lock_id: int, *, call: str, key: str, request_hash: str) -> None:
    """Take a key for this request: the first statement of the transaction that acts on it. Caller commits.

    Raises:
        KeySeen: when the same request took it.
        IdempotencyConflict: when another request took it.
    """
    row = {"lock_id": lock_id, "call": call, "key": key, "request_hash": request_hash}
    insert = insert_into(session, idempotency_keys).values(row).on_conflict_do_nothing()
    if session.execute(insert.returning(idempotency_keys.c.id)).one_or_none() is not None:
        return
    same = [idempotency_keys.c[name] == row[name] for name in ("lock_id", "call", "key")]
    if session.scalar(select(idempotency_keys.c.request_hash).where(*same)) == request_hash:
        raise KeySeen
    raise IdempotencyConflict("This idempotency key was used with another request.", key=key)


def is_finished(reader: Reader, lock_id: int, *, call: str, key: str) -> bool:
    """Tell whether a key's request has its answer already. Reads only."""
    query = (
        select(locks.c.state)
        .join(idempotency_keys, idempotency_keys.c.lock_id == locks.c.id)
        .where(locks.c.id == lock_id, idempotency_keys.c.call == call, idempotency_keys.c.key == key)
    )
    return reader.scalar(query) in _DECIDED


def wait_for_end(session: Session, lock_id: int) -> None:
    """Wait until a checkout is decided or nobody drives it, at most the gateway's time-out.

    Only a few threads of a process wait; the others return at once and are told that it is in progress. Each look is a
    transaction of its own.
    """
    config = runtime_of(session).config
    if not _waiting_places.take(config.waiting_requests):
        return
    try:
        deadline = time.monotonic() + config.gateway_timeout_seconds
        while time.monotonic() < deadline and not look(session, lambda reader: _is_over(reader, lock_id)):
            time.sleep(_POLL_SECONDS)
    finally:
        _waiting_places.give()


def _is_over(reader: Reader, lock_id: int) -> bool:
    query = select(locks.c.state, is_driverless().label("is_driverless")).where(locks.c.id == lock_id)
    row = reader.execute(query).one()
    return row.state in _DECIDED or row.is_driverless


class _Places:
    """How many threads of this process wait for another request's end."""

    def __init__(self) -> None:
        self._taken = 0
        self._guard = threading.Lock()

    def take(self, limit: int) -> bool:
        with self._guard:
            if self._taken >= limit:
                return False
            self._taken += 1
            return True

    def give(self) -> None:
        with self._guard:
            self._taken -= 1


_waiting_places = _Places()
