"""`checkout monitor`."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
from rich.console import Console, RenderableType
from rich.live import Live
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from console.cli.groups import open_session
from console.cli.monitor_view import Surroundings, draw, draw_outage
from console.cli.terminal import json_option, output, print_json, print_json_line
from console.engine.errors import DatabaseTrouble
from console.extensions import current_settings
from console.telemetry.monitor import read_numbers, read_sight
from console.telemetry.statistics import DEFAULT_HOURS, MOST_HOURS

PAUSE_SECONDS = 5.0
_OUTAGES = (DatabaseTrouble, DBAPIError)


@click.command("monitor", short_help="Show how the checkouts are and how they went.")
@click.option(
    "--hours", type=click.IntRange(1, MOST_HOURS), default=DEFAULT_HOURS, show_default=True, help="The window."
)
@click.option("--watch", is_flag=True, help="Again every few seconds, until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.2, max=3600),
    default=PAUSE_SECONDS,
    show_default=True,
    help="How many seconds apart, with --watch.",
)
@json_option
def monitor_command(*, hours: int, watch: bool, every: float, as_json: bool) -> None:
    """Show how the checkouts are now and how those went that ended in the last hours: the Admin API's statistics.

    \b
    Examples:
      flask --app wsgi checkout monitor --hours 1
      flask --app wsgi checkout monitor --watch
      flask --app wsgi checkout monitor --json
    """
    with open_session() as session:
        if not watch:
            _show_once(session, hours, as_json=as_json)
            return
        try:
            _watch(session, hours, every_seconds=every, as_json=as_json)
        except KeyboardInterrupt:  # how a watch ends
            session.rollback()


def _show_once(session: Session, hours: int, *, as_json: bool) -> None:
    if as_json:
        print_json(_numbers(session, hours))
    else:
        console = output()
        console.print(_drawn(session, hours, console))


def _watch(session: Session, hours: int, *, every_seconds: float, as_json: bool) -> None:
    if as_json:
        _repeat(lambda: print_json_line(_numbers(session, hours)), every_seconds)
    console = output()
    if not console.is_terminal:
        _repeat(lambda: console.print(_drawn_anyway(session, hours, console)), every_seconds)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        _repeat(lambda: live.update(_drawn_anyway(session, hours, console), refresh=True), every_seconds)


def _repeat(paint: Callable[[], None], every_seconds: float) -> None:
    while True:
        paint()
        time.sleep(every_seconds)


def _numbers(session: Session, hours: int) -> dict[str, object]:
    tolerance = current_settings().checkout_price_drift_tolerance
    return read_numbers(session, hours=hours, tolerance_minor=tolerance).model_dump()


def _drawn(session: Session, hours: int, console: Console) -> RenderableType:
    settings = current_settings()
    sight = read_sight(session, hours=hours, tolerance_minor=settings.checkout_price_drift_tolerance)
    return draw(sight, Surroundings(console.width, counts_traffic=bool(settings.redis_url)))


def _drawn_anyway(session: Session, hours: int, console: Console) -> RenderableType:
    """Draw what there is to see; a database that is gone for a while ends no watch."""
    try:
        return _drawn(session, hours, console)
    except _OUTAGES as outage:
        session.rollback()
        return draw_outage(outage)
