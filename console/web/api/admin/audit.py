"""The audit trail, for the admin API."""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel
from sqlalchemy import select

from console.casebook.documents import AuditDocument
from console.engine.store.database import look
from console.engine.store.tables import audit_entries
from console.extensions import db
from console.web.api.admin.bodies import AuditQuery
from console.web.api.calls import Call, route
from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.listing import Question, read_rows

_AUDIT = replace(AUDIT, query=select(*(audit_entries.c[name] for name in AuditDocument.model_fields)))


class AuditPage(BaseModel):
    """A page of the audit trail; no `next_cursor` means that it is the last."""

    data: list[AuditDocument]
    next_cursor: str | None


@route("GET", "/admin/audit", Call({200: AuditPage}, query=AuditQuery, refusals=("invalid",), is_admin=True))
def list_audit(query: AuditQuery) -> AuditPage:
    """List what people and programs did, the newest first."""
    question = Question.of(_AUDIT, {name: str(value) for name, value in query})
    page = look(
        db.session(), lambda reader: read_rows(reader, question, cursor=query.cursor or None, limit=query.limit)
    )
    data = [AuditDocument.model_validate(dict(row._mapping)) for row in page.rows]
    return AuditPage(data=data, next_cursor=page.next_cursor)
