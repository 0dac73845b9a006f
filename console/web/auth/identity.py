"""Who is signed in: read from the database at each request, so that a disabled user is out at once."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from flask_login import UserMixin
from sqlalchemy import Row, select

from console.engine.store.database import look
from console.extensions import db
from console.models import User


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """A user at work in the console; `fingerprint` changes with the password and so ends every older session."""

    id: int
    email: str
    role: str
    fingerprint: str

    def get_id(self) -> str:
        """Give what the session remembers."""
        return f"{self.id}.{self.fingerprint}"

    @classmethod
    def of(cls, row: Row[Any]) -> SignedIn:
        """Make it from a row of the users."""
        fingerprint = hashlib.sha256(row.password_hash.encode()).hexdigest()[:16]
        return cls(row.id, row.email, row.role, fingerprint)


def recognise(remembered: str) -> SignedIn | None:
    """Find the active user whom the session remembers, with the password of that time; else nobody."""
    user_id, _, fingerprint = remembered.partition(".")
    query = select(User.id, User.email, User.role, User.password_hash)
    query = query.where(User.id == int(user_id), User.active)
    row = look(db.session(), lambda reader: reader.execute(query).one_or_none())
    if row is None:
        return None
    user = SignedIn.of(row)
    return user if hmac.compare_digest(user.fingerprint, fingerprint) else None
