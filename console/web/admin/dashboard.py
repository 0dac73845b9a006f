"""The console's first page: how many checkouts are in which state."""

from __future__ import annotations

from collections.abc import Mapping

from flask_admin import expose
from sqlalchemy import ColumnElement, func, literal, select, union_all

from console.engine.database import Reader, look
from console.engine.machine import ENDED, LIVE
from console.engine.tables import locks
from console.extensions import db
from console.web.admin.secure import SecureView

CAP = 10_000  # beyond it a count says "more than": counting ten million rows helps nobody
TROUBLED = "needs_attention"


class Dashboard(SecureView):
    """The first page."""

    @expose("/")
    def index(self) -> str:
        """Show the counts, each a link to its list."""
        counts = look(db.session(), count_checkouts)
        return self.render(
            "admin/dashboard.html", counts=counts, cap=CAP, live=LIVE, ended=ENDED, troubled=counts[TROUBLED]
        )


def count_checkouts(reader: Reader) -> Mapping[str, int]:
    """Count the checkouts in each state, and those that need attention, up to one more than the cap. Reads only."""
    conditions: dict[str, ColumnElement[bool]] = {state: locks.c.state == state for state in (*LIVE, *ENDED)}
    conditions[TROUBLED] = locks.c.needs_attention.is_not(None)
    counts = []
    for name, condition in conditions.items():
        capped = select(locks.c.id).where(condition).limit(CAP + 1).subquery()
        counts.append(select(literal(name), func.count()).select_from(capped))
    return dict(reader.execute(union_all(*counts)).tuples().all())
