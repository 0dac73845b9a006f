"""How the buying of a cart stands: what a page asks every few seconds, so it is cached."""

from __future__ import annotations

import hmac
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask import current_app
from sqlalchemy import Row

from console.engine.machine import STATE_NAMES, State
from console.engine.store.database import look
from console.extensions import current_settings, db
from console.models.vocabulary import CartStatus
from console.web.shared.cart_view import is_locked, read_head
from console.web.shared.ownership import owns
from console.web.shared.resources import StatusAnswer
from console.web.shared.status_cache import status_cache
from console.web.shared.status_words import can_expire, is_live, message_of


def find_facts(cart_id: int, *, token_hash: str | None) -> dict[str, Any]:
    """Find what is to be said of a token's cart, whichever session asks: from the cache, else from the database.

    Without a `token_hash` the caller answers for whose cart it is.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    cache = status_cache(current_app)
    known, generation = cache.find(cart_id)
    if known is not None and _is_for(known, token_hash):
        return known
    head = look(db.session(), lambda reader: read_head(reader, cart_id, token_hash=token_hash))
    facts = _facts(head)
    cache.store(cart_id, facts, generation=generation, seconds=_seconds_to_keep(head))
    return facts


def _is_for(facts: dict[str, Any], token_hash: str | None) -> bool:
    return token_hash is None or hmac.compare_digest(facts["token_hash"] or "", token_hash)


def _seconds_to_keep(head: Row[Any]) -> int:
    """Tell how long an answer holds: what changes by time alone is kept until then at most."""
    longest = int(current_settings().checkout_status_cache_seconds)
    if head.last_lock_id is None or head.is_due or not can_expire(head):
        return longest
    return min(longest, int((head.expires_at - head.now).total_seconds()))


def _facts(head: Row[Any]) -> dict[str, Any]:
    """Give what the cache keeps, as JSON has it."""
    locked = is_locked(head)
    facts = {
        "token_hash": head.token_hash,
        "session_id": head.session_id,
        "locked": locked,
        "can_checkout": head.status == CartStatus.OPEN and head.has_lines and not locked,
        "is_live": head.last_lock_id is not None and is_live(head, is_due=head.is_due),
        "lock_id": head.last_lock_id,
        "message": _message(head),
        "next_action": head.next_action,
        "expires_at": head.expires_at and head.expires_at.isoformat(),
    }
    return facts | {name: getattr(head, name) for name in ("reference", "state", "phase")}


def _message(head: Row[Any]) -> str:
    if head.last_lock_id is not None:
        return message_of(head, is_due=head.is_due, is_waiting=head.is_waiting)
    return "This cart can be bought." if head.has_lines else "This cart is empty."


def answer_status(facts: dict[str, Any], *, session_id: str) -> StatusAnswer:
    """Answer a session what is to be said of a cart."""
    state = facts["state"]
    expires_at = facts["expires_at"]
    can_resume = facts["is_live"] and owns(SimpleNamespace(**facts), session_id=session_id)
    return StatusAnswer(
        locked=facts["locked"],
        can_checkout=facts["can_checkout"],
        can_resume=can_resume,
        lock_id=facts["lock_id"],
        reference=facts["reference"],
        state=state,
        state_name=None if state is None else STATE_NAMES[State(state)],
        phase=facts["phase"],
        expires_at=expires_at and datetime.fromisoformat(expires_at),
        message=facts["message"],
        next_action=facts.get("next_action") if can_resume else None,
    )
