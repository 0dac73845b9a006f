"""Reading rows as they are now, whatever the session remembers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session


def read(session: Session, model: Any, **having: object) -> list[Any]:
    """Read a model's rows in the order they were written."""
    query = select(model).filter_by(**having).order_by(model.id).execution_options(populate_existing=True)
    return list(session.scalars(query))


def read_one(session: Session, model: Any, **having: object) -> Any:
    """Read the only row there is."""
    [row] = read(session, model, **having)
    return row


def read_now(session: Session, model: Any, **having: object) -> Any:
    """Read the only row there is, past what the session has open: another process may have changed it since."""
    session.commit()
    return read_one(session, model, **having)
