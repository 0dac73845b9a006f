"""A list in the console: a page of it, the counts of its tabs, all of it as a file."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from console.engine.errors import InvalidInput
from console.engine.store.database import look
from console.extensions import db
from console.web.admin.exports.cells import lines_of
from console.web.admin.exports.csv_export import CSV, write_csv
from console.web.admin.exports.xlsx_export import XLSX, write_xlsx
from console.web.admin.secure import SecureView
from console.web.shared.listing.keyset import Page
from console.web.shared.listing.listing import (
    COUNT_CAP,
    EXPORT_CAP,
    Listing,
    Question,
    count_tabs,
    export_rows,
    in_force,
    read_rows,
)

PAGE_SIZE = 50


class ListView(SecureView):
    """A list, to be looked at."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        super().__init__(name=listing.title, endpoint=listing.name, url=listing.name.replace("_", "-"))

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """Show a page of the list; a filter that makes no sense is said so above an empty one."""
        cursor = request.args.get("cursor")
        try:
            question = Question.of(self.listing, request.args)
            page = look(db.session(), lambda reader: read_rows(reader, question, cursor=cursor, limit=PAGE_SIZE))
        except InvalidInput as error:
            return self._show(mistake=str(error)), HTTPStatus.BAD_REQUEST
        destination = self.find_destination(question, page)
        return redirect(destination) if destination else self._show(page=page, question=question)

    @expose("/counts")
    def counts(self) -> ResponseReturnValue:
        """Show the tabs with how many rows are under each; a list without tabs has no such page."""
        if self.listing.tabs is None:
            abort(HTTPStatus.NOT_FOUND)
        try:
            question = Question.of(self.listing, request.args)
        except InvalidInput as error:
            return str(error), HTTPStatus.BAD_REQUEST, {"Content-Type": "text/plain; charset=utf-8"}
        counts = look(db.session(), lambda reader: count_tabs(reader, question))
        return self.render(
            "admin/_tabs.html", listing=self.listing, wanted=question.wanted, counts=counts, cap=COUNT_CAP
        )

    @expose("/export.csv")
    def export_csv(self) -> ResponseReturnValue:
        """Send all that the filters let through, up to a cap that the last line tells of."""
        return self._send("csv")

    @expose("/export.xlsx")
    def export_xlsx(self) -> ResponseReturnValue:
        """Send the same as a workbook."""
        return self._send("xlsx")

    def find_destination(self, question: Question, page: Page) -> str | None:
        """Tell where a question leads by itself; None shows the list."""
        return None

    def _send(self, kind: str) -> ResponseReturnValue:
        try:
            question = Question.of(self.listing, request.args)
        except InvalidInput as error:
            return self._show(mistake=str(error)), HTTPStatus.BAD_REQUEST
        lines = lines_of(self.listing, export_rows(db.engine, question), cap=EXPORT_CAP)
        file: Iterable[str] | Iterable[bytes] = write_csv(lines) if kind == "csv" else write_xlsx(self.listing, lines)
        headers = {"Content-Disposition": f'attachment; filename="{self.listing.name.replace("_", "-")}.{kind}"'}
        return Response(file, mimetype=CSV if kind == "csv" else XLSX, headers=headers)

    def _show(self, *, page: Page | None = None, question: Question | None = None, mistake: str | None = None) -> str:
        return self.render(
            "admin/list.html",
            listing=self.listing,
            wanted=in_force(self.listing, request.args),
            page=page or Page(),
            sort=question.sort if question else None,
            mistake=mistake,
            export_cap=EXPORT_CAP,
        )
