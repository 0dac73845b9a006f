"""API tokens of programs that call the admin API: made and recognised. They are kept as SHA-256 only."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session

from console.engine.cart.carts import hash_token
from console.engine.errors import InvalidInput
from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.store.database import look, transact
from console.models import ApiToken
from console.models.types import clock
from console.models.vocabulary import TokenRole
from console.people.accounts import LONGEST_NAME

_USE_NOTED_EVERY_SECONDS = 60
_BEGINNING = "cct_"


def create_token(session: Session, *, name: str, role: str, actor: str = "system") -> str:
    """Make an API token and give it: it cannot be read again. Caller commits.

    Raises:
        InvalidInput: for an unknown role, or a name that is empty or too long.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise InvalidInput(f"A token's name has 1 to {LONGEST_NAME} characters.", field="name")
    token = f"{_BEGINNING}{secrets.token_urlsafe(32)}"
    row = ApiToken(name=name.strip(), token_hash=hash_token(token), role=_checked_role(role))
    session.add(row)
    session.flush()
    made = Entry("create_token", ("api_token", row.id), after={"name": row.name, "role": row.role})
    write_entry(session, Actor(actor), made)
    return token


def looks_like_api_token(token: str) -> bool:
    """Tell by its looks whether a token may be an API token."""
    return token.startswith(_BEGINNING)


def recognise(session: Session, token: str) -> Row[Any] | None:
    """Find the name and role that a token stands for; None for one that is unknown or revoked. Own transactions.

    That it was used is noted once a minute.
    """
    is_unnoted = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < clock(-_USE_NOTED_EVERY_SECONDS))
    query = select(ApiToken.id, ApiToken.name, ApiToken.role, is_unnoted.label("is_use_to_be_noted"))
    query = query.where(ApiToken.token_hash == hash_token(token), ApiToken.revoked_at.is_(None))
    row = look(session, lambda reader: reader.execute(query).one_or_none())
    if row is not None and row.is_use_to_be_noted:
        noted = update(ApiToken).where(ApiToken.id == row.id).values(last_used_at=clock())
        transact(session, lambda: session.execute(noted))
    return row


def _checked_role(role: str) -> TokenRole:
    try:
        return TokenRole(role)
    except ValueError:
        raise InvalidInput(f"The role of a token is one of {', '.join(TokenRole)}.", field="role") from None
