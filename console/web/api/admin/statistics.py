"""The statistics, for the admin API."""

from __future__ import annotations

from console.telemetry.statistics import Statistics, read_window
from console.web.api.admin.bodies import StatisticsQuery
from console.web.api.calls import Call, route
from console.web.shared.reading import statistics_now


@route("GET", "/admin/statistics", Call({200: Statistics}, query=StatisticsQuery, refusals=("invalid",), is_admin=True))
def show_statistics(query: StatisticsQuery) -> Statistics:
    """Tell how the checkouts are, and how they went in the last hours."""
    return statistics_now(read_window(query.hours))
