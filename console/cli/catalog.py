"""`checkout import-catalog`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from console.cli.groups import actor, open_session
from console.cli.terminal import json_option, print_json, progress_bar
from console.engine.prices.money import is_currency
from console.imports.catalog import FileForm, ImportReport, Preview, import_catalog, preview_catalog
from console.imports.catalog.preview import Change, PlannedLine
from console.imports.catalog.products import MOST_PIECES
from console.imports.catalog.reading import DEFAULT_STOCK, SOURCES

_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


def _delimiter(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    delimiter = _NAMED_DELIMITERS.get(text.casefold(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise click.BadParameter("one character, or tab")
    return delimiter


def _currency(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    code = text and text.upper()
    if code and not is_currency(code):
        raise click.BadParameter(f"{text!r} is no ISO 4217 code")
    return code


def _columns(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for text in texts:
        column, equals, name = text.rpartition("=")
        if not equals or not column.strip():
            raise click.BadParameter(f"{text!r} is not COLUMN=NAME")
        columns[column.strip()] = name.strip()
    return columns


@click.command("import-catalog", short_help="Bring products in from a CSV file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from", "source", type=click.Choice(SOURCES), help="Whose product export it is; else told from the header."
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be made, changed and refused.")
@click.option("--create", "is_creating", is_flag=True, help="Make tax classes and warehouses that are not known.")
@click.option("--encoding", metavar="NAME", help="utf-8, utf-16, cp1252 …; else told from the file.")
@click.option("--delimiter", metavar="CHARACTER", callback=_delimiter, help="Between cells: , ; or tab; else told.")
@click.option("--decimal", type=click.Choice([".", ","]), help="The decimal mark of prices; else told from the file.")
@click.option("--currency", metavar="CODE", callback=_currency, help="Of prices that name none; else the shop's.")
@click.option(
    "--map",
    "columns",
    metavar="COLUMN=NAME",
    multiple=True,
    callback=_columns,
    help="The file's COLUMN is what is called NAME here; COLUMN= leaves it out.",
)
@click.option(
    "--stock",
    type=click.IntRange(0, MOST_PIECES),
    default=DEFAULT_STOCK,
    show_default=True,
    help="Pieces of each new product, in a file without a stock column.",
)
@json_option
def import_catalog_command(file: Path, *, dry_run: bool, is_creating: bool, as_json: bool, **said: Any) -> None:
    """Bring the products of FILE in: CSV, gzipped or not, as spreadsheets and other shops write it.

    The columns are sku,name,unit_price,currency,stock and, if you like, tax_class and warehouse; prices in major units
    (4.20), SKUs case-sensitive. So are files with stock_code,description,unit_price_gbp,typical_quantity,baskets, and
    the product exports of Shopify and WooCommerce. Encoding, delimiter and decimal mark are told from the file, and
    said; a file in which 1.234 could be two numbers is refused until you say --decimal.

    A line that cannot be used is told with its number and reason; the rest goes in. Again is fine: names and prices
    follow the file, and so does stock where the file has it.

    \b
    Examples:
      flask --app wsgi checkout import-catalog products.csv --dry-run
      flask --app wsgi checkout import-catalog products_export.csv --from shopify --currency EUR
      flask --app wsgi checkout import-catalog artikel.csv --decimal , --map Artikelnummer=sku --map Farbe=
      flask --app wsgi checkout import-catalog skus.csv.gz --stock 500
    """
    form = FileForm(**said)
    label = "Reading" if dry_run else "Importing"
    with open_session() as session, progress_bar(label, total=None, is_quiet=as_json) as move:
        report: ImportReport | Preview
        if dry_run:
            report = preview_catalog(session, file, form=form, is_creating=is_creating, on_progress=move)
        else:
            report = import_catalog(session, file, actor=actor(), form=form, is_creating=is_creating, on_progress=move)
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    if not report.written:
        raise click.exceptions.Exit(1)


def _document(report: ImportReport | Preview) -> dict[str, object]:
    document: dict[str, object] = {
        "written": report.written,
        "added": report.added,
        "refused": report.refused,
        "bad_lines": [{"line": bad.number, "reason": bad.reason} for bad in report.listed],
        "told": report.told,
    }
    if isinstance(report, Preview):
        document |= {"dry_run": True, "changed": report.changed, "lines": [_planned(each) for each in report.planned]}
    return document


def _planned(planned: PlannedLine) -> dict[str, object]:
    changes = [{"what": each.what, "before": each.before, "after": each.after} for each in planned.changes]
    return {"line": planned.line, "sku": planned.sku, "is_new": planned.is_new, "changes": changes}


def _print(report: ImportReport | Preview) -> None:
    for told in report.told:
        click.echo(told)
    if isinstance(report, Preview):
        _print_planned(report)
    for bad in report.listed:
        click.echo(f"line {bad.number}: {bad.reason}")
    if report.refused > len(report.listed):
        click.echo(f"… and {report.refused - len(report.listed)} more lines")
    if isinstance(report, Preview):
        click.echo(
            f"{report.written} lines would go in ({report.added} new products, {report.changed} changes), "
            f"{report.refused} would not. Nothing was written."
        )
    else:
        click.echo(f"{report.written} lines went in ({report.added} new products), {report.refused} did not.")


def _print_planned(preview: Preview) -> None:
    for planned in preview.planned:
        verb = "make" if planned.is_new else "change"
        click.echo(f"line {planned.line}: would {verb} {planned.sku}: {', '.join(map(_told, planned.changes))}")
    more = preview.added + preview.changed - len(preview.planned)
    if more > 0:
        click.echo(f"… and {more} more lines that would make or change something")


def _told(change: Change) -> str:
    return (
        f"{change.what} {change.after}" if change.before is None else f"{change.what} {change.before} → {change.after}"
    )
