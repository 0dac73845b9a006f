"""Looking at the database and changing it behind the shop's back: on SQLite, never from an old snapshot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def edit(session: Session, statement: Any) -> None:
    """Change rows and commit."""
    session.commit()
    session.execute(statement)
    session.commit()


def count(session: Session, model: type[Any]) -> int:
    """Count a table's rows as they are now."""
    session.commit()
    return session.execute(select(func.count()).select_from(model)).scalar_one()
