"""The dashboard's panels: each has its own reading, its own pace, and fails alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask import render_template

from console.engine.store.database import look
from console.extensions import current_settings, db
from console.telemetry.health import check_health
from console.telemetry.overview import read_failures, read_pace, read_pipeline, read_trouble
from console.web.shared.reading import statistics_now

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Panel:
    """One panel: its heading, how often it is read anew, and what it reads of the last `hours`."""

    name: str
    title: str
    pace_seconds: int
    read: Callable[[int], Any]


def _read_health(_hours: int) -> Any:
    return check_health(db.session(), current_settings())


def _read_trouble(_hours: int) -> Any:
    return look(db.session(), read_trouble)


def _read_pipeline(_hours: int) -> Any:
    return look(db.session(), read_pipeline)


def _read_failures(hours: int) -> Any:
    return look(db.session(), lambda reader: read_failures(reader, hours=hours))


def _read_pace(hours: int) -> Any:
    return look(db.session(), lambda reader: read_pace(reader, hours=hours))


PANELS: Mapping[str, Panel] = {
    panel.name: panel
    for panel in (
        Panel("attention", "Needs attention", 10, _read_trouble),
        Panel("health", "Health", 30, _read_health),
        Panel("pipeline", "Under way", 5, _read_pipeline),
        Panel("numbers", "How it goes", 20, statistics_now),
        Panel("pace", "Throughput", 30, _read_pace),
        Panel("failures", "Ended without an order", 30, _read_failures),
    )
}


def show_panel(panel: Panel, *, hours: int) -> str:
    """Render a panel; one that fails, by whatever fault, says so in its place."""
    try:
        reading = panel.read(hours)
        return render_template(f"admin/panels/_{panel.name}.html", panel=panel, hours=hours, reading=reading)
    except Exception:
        log.exception("panel_failed", panel=panel.name)
        return render_template("admin/panels/_failed.html", panel=panel, hours=hours)
