"""The list of what people did."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, select

from console.engine.store.tables import audit_entries
from console.web.shared.listing.filters import Filter, equals, is_storable, was_between
from console.web.shared.listing.listing import Column, Listing, Shape

_OBJECT = audit_entries.c.object_type + ":" + audit_entries.c.object_id


def _is_about(value: str) -> ColumnElement[bool]:
    """Build the condition for one object (`checkout_lock:12`), or for all of a type (`checkout_lock`)."""
    if not is_storable(value):
        return false()
    object_type, _, object_id = value.partition(":")
    is_of_type = audit_entries.c.object_type == object_type
    return is_of_type & (audit_entries.c.object_id == object_id) if object_id else is_of_type


AUDIT = Listing(
    name="audit",
    title="Audit",
    query=select(
        *audit_entries.c["id", "actor", "action", "reason", "origin", "created_at"],
        _OBJECT.label("object"),
    ),
    id_column=audit_entries.c.id,
    columns=(
        Column("action", "Action", Shape.WORDS),
        Column("id", "No.", Shape.NUMBER),
        Column("object", "Object", Shape.CODE),
        Column("actor", "Who", Shape.EMAIL),
        Column("reason", "Why"),
        Column("origin", "From", Shape.CODE),
        Column("created_at", "When", Shape.MOMENT),
    ),
    filters=(
        equals("action", "Action", audit_entries.c.action),
        equals("actor", "Who", audit_entries.c.actor),
        Filter("object", "Object", _is_about),
        *was_between(audit_entries.c.created_at),
    ),
    sorts={"created_at": audit_entries.c.created_at},
    dated_sort="-created_at",
)
