"""Checkouts in the console: the list, and one of them with all that belongs to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import abort, request
from flask_admin import expose
from sqlalchemy import select

from console.engine.database import Reader, look
from console.engine.errors import InvalidInput
from console.engine.machine import COMMITTED_STATES, EXPIRABLE, Outcome, Phase
from console.engine.tables import locks
from console.extensions import db
from console.models.types import clock
from console.web.admin.keyset import Page, choose_sort, is_id, read_page
from console.web.admin.lock_details import read_details
from console.web.admin.lock_filter import LockFilter
from console.web.admin.secure import SecureModelView

NEWEST_FIRST = "-locked_at"
PAGE_SIZE = 50
SORTS = {name: locks.c[name] for name in ("locked_at", "reference", "cart_id")}
COLUMNS = (
    "id",
    "reference",
    "state",
    "outcome",
    "phase",
    "cart_id",
    "customer_email",
    "locked_at",
    "expires_at",
    "needs_attention",
)
# Name, label, and whether the list can be sorted by it.
HEADINGS = (
    ("reference", "Reference", True),
    ("state", "State", False),
    ("outcome", "Outcome", False),
    ("phase", "Phase", False),
    ("cart_id", "Cart", True),
    ("customer_email", "E-mail", False),
    ("locked_at", "Started", True),
    ("expires_at", "Expires", False),
    ("needs_attention", "Attention", False),
)
CHOICES = {"state": COMMITTED_STATES, "phase": tuple(Phase), "outcome": tuple(Outcome)}


class CheckoutLocks(SecureModelView):
    """The checkouts, to be looked at."""

    @expose("/")
    def index_view(self) -> tuple[str, int]:
        """Show a page of the list; a filter that makes no sense is said so above an empty one."""
        page, filters, mistake = Page(), LockFilter(), None
        try:
            filters = LockFilter.of(request.args)
            page = look(db.session(), lambda reader: read_list(reader, filters))
        except InvalidInput as error:
            mistake = str(error)
        shown = self.render(
            "admin/checkout_locks.html",
            page=page,
            headings=HEADINGS,
            filters_in_force=filters.in_force(),
            wanted=request.args,
            sort=wanted_sort(),
            choices=CHOICES,
            expirable=EXPIRABLE,
            mistake=mistake,
        )
        return shown, HTTPStatus.BAD_REQUEST if mistake else HTTPStatus.OK

    @expose("/details/")
    def details_view(self) -> str:
        """Show one checkout."""
        wanted = request.args.get("id", "")
        lock_id = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < len(str(2**63)) else 0
        details = look(db.session(), lambda reader: read_details(reader, lock_id)) if is_id(lock_id) else None
        if details is None:
            abort(HTTPStatus.NOT_FOUND, "There is no such checkout.")
        return self.render("admin/checkout_lock.html", expirable=EXPIRABLE, **details)


def wanted_sort() -> str:
    """Tell the sort that the URL asks for."""
    return request.args.get("sort") or NEWEST_FIRST


def read_list(reader: Reader, filters: LockFilter) -> Page:
    """Read the page of the list that the URL asks for, in one statement.

    Raises:
        InvalidInput: when the sort or the cursor makes no sense.
    """
    sort = choose_sort(wanted_sort(), columns=SORTS, id_column=locks.c.id)
    query: Any = select(*(locks.c[name] for name in COLUMNS), clock().label("now")).where(*filters.conditions())
    return read_page(reader, query, sort=sort, cursor=request.args.get("cursor"), limit=PAGE_SIZE)
