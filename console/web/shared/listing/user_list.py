"""The list of who may sign in to the console. The password's hash is not read."""

from __future__ import annotations

from sqlalchemy import select

from console.models import User
from console.models.vocabulary import Role
from console.web.shared.listing.filters import has_email, is_flag, is_one_of
from console.web.shared.listing.listing import Column, Listing, Shape

_users = User.__table__

USERS = Listing(
    name="users",
    title="Users",
    query=select(*_users.c["id", "email", "role", "active", "created_at", "last_login_at"]),
    id_column=_users.c.id,
    columns=(
        Column("email", "E-mail", Shape.EMAIL),
        Column("id", "No.", Shape.NUMBER),
        Column("role", "Role", Shape.WORDS),
        Column("active", "May sign in", Shape.FLAG),
        Column("created_at", "Added", Shape.MOMENT),
        Column("last_login_at", "Last signed in", Shape.MOMENT),
    ),
    filters=(
        has_email("email", "E-mail", _users.c.email),
        is_one_of("role", "Role", _users.c.role, words=Role),
        is_flag("active", "May sign in", lambda: _users.c.active.is_(True)),
    ),
    sorts={"email": _users.c.email},
    tabs="role",
)
