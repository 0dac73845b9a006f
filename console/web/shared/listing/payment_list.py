"""The list of payment operations. The payment token is not read at all: it is nobody's to see."""

from __future__ import annotations

from sqlalchemy import select

from console.engine.machine import OperationKind, OperationStatus
from console.engine.store.tables import locks, operations
from console.web.shared.listing.filters import equals, is_one_of, was_between
from console.web.shared.listing.listing import Column, Listing, Shape
from console.web.shared.listing.search import searches

_SHOWN = ("id", "lock_id", "kind", "status", "amount", "currency", "payment_method", "provider", "provider_reference")
_COURSE = ("idempotency_key", "code", "attempts", "created_at", "resolved_at")

PAYMENTS = Listing(
    name="payments",
    title="Payments",
    query=select(*operations.c[_SHOWN], *operations.c[_COURSE], locks.c.reference).join(
        locks, locks.c.id == operations.c.lock_id
    ),
    id_column=operations.c.id,
    columns=(
        Column("kind", "Operation", Shape.WORDS),
        Column("id", "No.", Shape.NUMBER),
        Column("status", "Status", Shape.STATUS),
        Column("amount", "Amount", Shape.MONEY),
        Column("reference", "Checkout", Shape.LOCK),
        Column("payment_method", "Method", Shape.WORDS),
        Column("provider", "Provider", Shape.WORDS),
        Column("provider_reference", "Provider reference", Shape.CODE),
        Column("idempotency_key", "Key", Shape.CODE),
        Column("code", "Answer", Shape.WORDS),
        Column("attempts", "Tries", Shape.NUMBER),
        Column("created_at", "Begun", Shape.MOMENT),
        Column("resolved_at", "Resolved", Shape.MOMENT),
    ),
    filters=(
        searches(operations.c.lock_id),
        is_one_of("status", "Status", operations.c.status, words=OperationStatus),
        is_one_of("kind", "Operation", operations.c.kind, words=OperationKind),
        equals("provider_reference", "Provider reference", operations.c.provider_reference),
        *was_between(operations.c.created_at),
    ),
    sorts={"created_at": operations.c.created_at},
    dated_sort="-created_at",
    tabs="status",
)
