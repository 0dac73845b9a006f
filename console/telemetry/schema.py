"""Which schema the database has, and whether this version of the code works with it."""

from __future__ import annotations

from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, inspect, select, table

from console.paths import resource

VERSIONS = table("alembic_version", column("version_num"))
# What each migration says of its schema: the oldest revision whose code works with it. Written by migrations alone.
REVISIONS = table("schema_revisions", column("revision"), column("works_with"))
# What migrations make by themselves, and the models do not describe.
_OF_MIGRATIONS = {REVISIONS.name, "ix_variants_searched"}


def own_revision() -> str:
    """Name the revision that this version of the code was written for: the newest of its migrations."""
    [head] = ScriptDirectory(str(resource("migrations"))).get_heads()
    return head


def is_of_the_models(name: str | None, _kind: str, _parents: Any) -> bool:
    """Tell Alembic what to compare with the models; what migrations keep for themselves it would drop."""
    return name not in _OF_MIGRATIONS


def find_trouble(connection: Connection, own: str) -> str | None:
    """Say in words why code of a revision does not work with the schema at hand; None when it does. Reads only.

    A newer schema is worked with where it says so: what a migration adds stands in nobody's way, and processes of the
    version before sell on until the last is replaced (decision 6). Revisions are numbers of one length.
    """
    current = _current_revision(connection)
    if current == own:
        return None
    if current is None or current < own:
        return "the database is not at the newest migration"
    if _oldest_that_works(connection, current) <= own:
        return None
    return f"the database is at migration {current}, and this version, of {own}, does not work with it"


def _current_revision(connection: Connection) -> str | None:
    # Alembic's own way to ask would log two lines each time.
    if not inspect(connection).has_table(VERSIONS.name):
        return None
    return connection.scalar(select(VERSIONS.c.version_num))


def _oldest_that_works(connection: Connection, current: str) -> str:
    if not inspect(connection).has_table(REVISIONS.name):
        return current
    works_with = connection.scalar(select(REVISIONS.c.works_with).where(REVISIONS.c.revision == current))
    return works_with or current
