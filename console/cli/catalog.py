"""`checkout import-catalog`."""

from __future__ import annotations

from pathlib import Path

import click

from console.cli.groups import actor, open_session
from console.cli.terminal import json_option, print_json, progress_bar
from console.imports.catalog import ImportReport, import_catalog
from console.imports.catalog.importing import DEFAULT_STOCK
from console.imports.catalog.products import MOST_PIECES


@click.command("import-catalog", short_help="Bring products in from a CSV file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--stock",
    type=click.IntRange(0, MOST_PIECES),
    default=DEFAULT_STOCK,
    show_default=True,
    help="Pieces of each new product, in a file without a stock column.",
)
@json_option
def import_catalog_command(file: Path, *, stock: int, as_json: bool) -> None:
    """Bring the products of FILE in: CSV, gzipped or not.

    The columns are sku,name,unit_price,currency,stock and, if you like, tax_class and warehouse; prices in major units
    (4.20), SKUs case-sensitive. So are files with stock_code,description,unit_price_gbp,typical_quantity,baskets.
    A line that cannot be used is told with its number and reason; the rest goes in. Again is fine: names and prices
    follow the file, and so does stock where the file has it.

    \b
    Examples:
      flask --app wsgi checkout import-catalog products.csv
      flask --app wsgi checkout import-catalog skus.csv.gz --stock 500
    """
    with open_session() as session, progress_bar("Importing", total=None, is_quiet=as_json) as move:
        report = import_catalog(session, file, actor=actor(), stock=stock, on_progress=move)
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    if not report.written:
        raise click.exceptions.Exit(1)


def _document(report: ImportReport) -> dict[str, object]:
    return {
        "written": report.written,
        "added": report.added,
        "refused": report.refused,
        "bad_lines": [{"line": bad.number, "reason": bad.reason} for bad in report.listed],
    }


def _print(report: ImportReport) -> None:
    for bad in report.listed:
        click.echo(f"line {bad.number}: {bad.reason}")
    if report.refused > len(report.listed):
        click.echo(f"… and {report.refused - len(report.listed)} more lines")
    click.echo(f"{report.written} lines went in ({report.added} new products), {report.refused} did not.")
