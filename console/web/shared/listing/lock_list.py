"""The list of checkouts."""

from __future__ import annotations

from sqlalchemy import case, select

from console.engine.driving.locks import is_stuck, needs_attention
from console.engine.machine import COMMITTED_STATES, EXPIRABLE, Outcome, Phase
from console.engine.store.tables import locks
from console.web.shared.listing.filters import equals, has_email, is_flag, is_number, is_one_of, was_between
from console.web.shared.listing.listing import Column, Listing, Shape
from console.web.shared.listing.search import searches

LOCKS = Listing(
    name="checkout_locks",
    title="Checkouts",
    query=select(
        locks.c.id,
        locks.c.id.label("lock_id"),
        *locks.c["reference", "state", "outcome", "phase", "cart_id", "customer_email", "locked_at", "needs_attention"],
        case((locks.c.state.in_(EXPIRABLE), locks.c.expires_at)).label("expires_at"),
    ),
    id_column=locks.c.id,
    columns=(
        Column("reference", "Reference", Shape.LOCK),
        Column("id", "No.", Shape.NUMBER),
        Column("state", "State", Shape.STATE),
        Column("outcome", "Outcome", Shape.WORDS),
        Column("phase", "Phase", Shape.WORDS),
        Column("cart_id", "Cart", Shape.NUMBER),
        Column("customer_email", "E-mail", Shape.EMAIL),
        Column("locked_at", "Started", Shape.MOMENT),
        Column("expires_at", "Expires", Shape.MOMENT),
        Column("needs_attention", "Attention", Shape.TROUBLE),
    ),
    filters=(
        searches(locks.c.id),
        is_one_of("state", "State", locks.c.state, words=COMMITTED_STATES),
        is_one_of("phase", "Phase", locks.c.phase, words=Phase),
        is_one_of("outcome", "Outcome", locks.c.outcome, words=Outcome),
        is_number("cart_id", "Cart", locks.c.cart_id),
        equals("session_id", "Session", locks.c.session_id),
        has_email("email", "E-mail", locks.c.customer_email),
        *was_between(locks.c.locked_at),
        is_flag("stuck", "Stuck", is_stuck),
        is_flag("needs_attention", "Needs attention", needs_attention),
    ),
    sorts={name: locks.c[name] for name in ("locked_at", "reference", "cart_id")},
    dated_sort="-locked_at",
    tabs="state",
)
