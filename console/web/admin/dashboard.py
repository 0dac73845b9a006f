"""The console's first page: how the checkouts are, in panels that renew themselves."""

from __future__ import annotations

from http import HTTPStatus

from flask import abort, request
from flask_admin import expose

from console.telemetry.statistics import DEFAULT_HOURS, read_window
from console.web.admin.panels import PANELS, show_panel
from console.web.admin.secure import SecureView

WINDOWS = ((1, "1 h"), (24, "24 h"), (168, "7 d"))


class Dashboard(SecureView):
    """The first page."""

    @expose("/")
    def index(self) -> str:
        """Show every panel; without JavaScript a reload renews them."""
        hours = _wanted_hours()
        shown = [show_panel(panel, hours=hours) for panel in PANELS.values()]
        page: str = self.render("admin/dashboard.html", panels=shown, hours=hours, windows=WINDOWS)
        return page

    @expose("/panels/<panel_name>")
    def panel(self, panel_name: str) -> str:
        """Show one panel as it is now."""
        if panel_name not in PANELS:
            abort(HTTPStatus.NOT_FOUND, "There is no such panel.")
        return show_panel(PANELS[panel_name], hours=_wanted_hours())


def _wanted_hours() -> int:
    return read_window(request.args.get("hours") or str(DEFAULT_HOURS))
