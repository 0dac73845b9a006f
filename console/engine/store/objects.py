"""The callers' objects: rows are put into them without a query, the ORM kept off the way of every checkout."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Row
from sqlalchemy.orm import Mapper, Session, class_mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

Model = TypeVar("Model")


def show(row: Row[Any], *, on: Model) -> Model:
    """Bring an object up to date with a row of its table, without a query."""
    for attribute, column in _attributes(class_mapper(type(on))):
        set_committed_value(on, attribute, row._mapping[column])
    return on


def present(session: Session, model: type[Model], row: Row[Any]) -> Model:
    """Give a row of a model's table as an object of the session: the one it has of that row, or a new one."""
    key = class_mapper(model).identity_key_from_primary_key((row.id,))
    known: Model | None = session.identity_map.get(key)
    if known is not None:
        return show(row, on=known)
    new = model()
    instance_dict(new).update(
        (attribute, row._mapping[column]) for attribute, column in _attributes(class_mapper(model))
    )
    make_transient_to_detached(new)  # as loaded as it is now
    session.add(new)
    return new


@cache
def _attributes(mapper: Mapper[Any]) -> tuple[tuple[str, str], ...]:
    """Tell the attributes of a model, and the columns they are read from."""
    return tuple((each.key, each.columns[0].name) for each in mapper.column_attrs)
