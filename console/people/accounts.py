"""People who sign in: made, changed and recognised; audited. Passwords are kept as argon2 hashes."""

from __future__ import annotations

import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from console.engine.cart.addresses import read_email
from console.engine.errors import InvalidInput, NotFound
from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.store.database import transact
from console.models import User
from console.models.types import clock
from console.models.vocabulary import Role

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000  # hashing is work: nobody may have us hash a book
LONGEST_NAME = 255
hasher = PasswordHasher()  # slow on purpose; whoever makes users by the dozen puts a cheaper one here


def new_password() -> str:
    """Make up a password."""
    return secrets.token_urlsafe(12)


def hash_password(password: str) -> str:
    """Hash a password for keeping.

    Raises:
        InvalidInput: when it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        bounds = f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
        raise InvalidInput(f"A password has {bounds} characters.", field="password")
    return hasher.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Tell whether a password is the one that was hashed."""
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def create_user(session: Session, *, email: str, password: str, role: str, actor: str = "system") -> User:
    """Make a user of the console; the e-mail is kept lower-case. Caller commits.

    Raises:
        InvalidInput: for no e-mail address, an unknown role, a weak password, or an e-mail that has a user already.
    """
    address = _checked_email(email)
    user = User(email=address, password_hash=hash_password(password), role=_checked_role(role))
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        message = f"{address} is a user already; give it another password with set-password."
        raise InvalidInput(message, field="email") from error
    _audit(session, actor, "create_user", ("user", user.id), email=address, role=user.role)
    return user


def set_password(session: Session, *, email: str, password: str, actor: str = "system") -> User:
    """Give a user another password. Caller commits.

    Raises:
        NotFound: when there is no such user.
        InvalidInput: when the password is weak.
    """
    user = find_user(session, email)
    user.password_hash = hash_password(password)
    _audit(session, actor, "set_password", ("user", user.id), email=user.email)
    return user


def disable_user(session: Session, *, email: str, actor: str = "system") -> User:
    """Shut a user out. Caller commits.

    Raises:
        NotFound: when there is no such user.
    """
    user = find_user(session, email)
    user.active = False
    _audit(session, actor, "disable_user", ("user", user.id), email=user.email, active=False)
    return user


def note_sign_in(session: Session, user_id: int) -> None:
    """Note that a user has signed in now. Own transaction."""
    seen = update(User).where(User.id == user_id).values(last_login_at=clock())
    transact(session, lambda: session.execute(seen))


def find_user(session: Session, email: str) -> User:
    """Find a user by e-mail, in any case of its letters. Reads only.

    Raises:
        NotFound: when there is none.
    """
    user = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
    if user is None:
        raise NotFound(f"There is no user {email}.")
    return user


def _checked_email(email: str) -> str:
    try:
        return read_email(email).lower()
    except ValueError:
        raise InvalidInput(f"{email!r} is no e-mail address.", field="email") from None


def _checked_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InvalidInput(f"The role is one of {', '.join(Role)}.", field="role") from None


def _audit(session: Session, actor: str, action: str, subject: tuple[str, int], **after: Any) -> None:
    write_entry(session, Actor(actor), Entry(action, subject, after=after))
