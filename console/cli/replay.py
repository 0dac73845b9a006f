"""`checkout replay`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
from sqlalchemy.orm import Session

from console.cli.doctor import as_document, broken_rules
from console.cli.groups import open_session
from console.cli.terminal import json_option, print_counts, print_json, progress_bar
from console.engine.care.doctor import Diagnosis, diagnose
from console.engine.store.database import create_database
from console.extensions import current_settings
from console.imports.replay import Reading, ReplayPace, ReplayReport, buy_all, read_baskets, read_week
from console.settings import Settings
from console.telemetry.logging import log_as_set
from console.wiring import wire_engine

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOST_SKUS = _MOST_COUNTRIES = 20
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@click.command("replay", short_help="Send real invoices through the whole checkout.")
@click.argument("file", type=_FILE)
@click.option("--skus", type=_FILE, help="FILE has baskets; their prices and quantities are in this one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that buy at once.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="Seconds of the invoices' time in one of ours."
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many invoices or baskets.")
@json_option
def replay_command(
    file: Path, *, skus: Path | None, workers: int, speed: float | None, limit: int | None, as_json: bool
) -> None:
    """Buy what stands on the invoices of FILE, each as one cart, at the invoice's own prices.

    FILE is CSV, gzipped or not, with the columns invoice,stock_code,description,quantity,invoiced_at,unit_price_gbp,
    customer_id,country; or, with --skus, baskets: one a line, as comma-separated codes.

    What is not bought is counted with its reason. What an earlier replay bought is skipped: one that was stopped
    can be started again. Exit code 0 unless something happened that should not, or a rule is broken at the end.

    \b
    Examples:
      flask --app wsgi checkout replay week.csv.gz --workers 8
      flask --app wsgi checkout replay week.csv.gz --speed 3600
      flask --app wsgi checkout replay baskets.csv.gz --skus skus.csv.gz --limit 1000 --json
    """
    if skus and speed:
        raise click.UsageError("Baskets have no times: --speed goes without --skus.")
    reading = read_baskets(file, skus=skus, limit=limit) if skus else _read_invoices(file, limit=limit)
    report = _run(reading, workers=workers, speed=speed, is_quiet=as_json)
    with open_session() as session:
        diagnosis = diagnose(session, sweep_seconds=current_settings().sweep_seconds)
    if as_json:
        print_json(report.as_document() | {"doctor": as_document(diagnosis)})
    else:
        _print(report, diagnosis)
    if report.failed or not diagnosis.is_clean:
        raise click.exceptions.Exit(1)


def _read_invoices(file: Path, *, limit: int | None) -> Reading:
    reading = read_week(file)
    reading.invoices.sort(key=lambda invoice: invoice.invoiced_at or _EARLIEST)
    reading.invoices = list(islice(reading.invoices, limit))
    return reading


def _run(reading: Reading, *, workers: int, speed: float | None, is_quiet: bool) -> ReplayReport:
    report = ReplayReport(reading)
    settings = current_settings()
    connect = partial(_connect, dict(settings.values), settings.given)
    began = time.monotonic()
    with progress_bar("Buying", total=len(reading.invoices), is_quiet=is_quiet) as move:
        results = buy_all(reading.invoices, workers=workers, connect=connect, pace=ReplayPace(speed))
        for done, result in enumerate(results, start=1):
            report.add(result)
            move(done)
    report.seconds = time.monotonic() - began
    return report


def _connect(values: dict[str, Any], given: frozenset[str]) -> Session:
    """Open a worker process's session on the shop's database, checkouts on it run as everywhere else."""
    settings = Settings(MappingProxyType(values), given)
    log_as_set(settings)
    database = create_database(settings.database_url, pooler=settings.database_pooler)
    wire_engine(database, settings)
    return Session(database, expire_on_commit=False)


def _print(report: ReplayReport, diagnosis: Diagnosis) -> None:
    document = report.as_document()
    click.echo(f"Bought {report.bought} in {report.seconds:.1f} s, {report.rate:.1f} a second.")
    if report.durations:
        quantiles = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in report.quantiles.items())
        click.echo(f"Each took: {quantiles}.")
    print_counts("Refused", document["refused"])
    print_counts("Short, by SKU", dict(islice(document["short_skus"].items(), _MOST_SKUS)))
    print_counts("Invoices skipped", document["skipped_invoices"])
    print_counts("Countries unknown, by name", dict(islice(document["unknown_countries"].items(), _MOST_COUNTRIES)))
    print_counts("Lines skipped", document["skipped_lines"])
    print_counts("Not in the catalogue, by SKU", dict(islice(document["unknown_skus"].items(), _MOST_SKUS)))
    for broken in document["broken_lines"]:
        click.echo(f"line {broken['line']}: {broken['reason']}")
    if report.failed:
        click.echo(f"Failed: {report.failed}, which should not be.")
    for failure in report.failures:
        click.echo(f"  invoice {failure.number}: {failure.message}")
    click.echo("Doctor: everything holds." if diagnosis.is_clean else "Doctor: rules are broken.")
    for rule in broken_rules(diagnosis):
        click.echo(f"  {rule}")
