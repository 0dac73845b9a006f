"""A catalogue file as it came: first looked through for how it is written, then read as products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from console.imports.catalog.formats import Format, OwnFormat, RetailFormat
from console.imports.catalog.products import RETAIL_COLUMNS, Amounts, Product
from console.imports.catalog.shopify import ShopifyFormat
from console.imports.catalog.woocommerce import WooCommerceFormat
from console.imports.csv_dialects import Score, describe, detect_dialect
from console.imports.csv_files import BadLine, CsvFile, Dialect, UnreadableFile, open_csv
from console.imports.csv_tables import Table, column_key
from console.imports.decimal_marks import MarkSurvey

DEFAULT_STOCK = 100_000
SOURCES = ("shopify", "woocommerce")
_MARKS = {".": "decimal point", ",": "decimal comma"}


@dataclass(frozen=True)
class FileForm:
    """What is said of a file; the rest is told from the file.

    `stock` pieces are of each product in a file that has no stock column, `currency` is of prices that name none,
    `columns` maps the file's columns to ours.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    source: str | None = None
    currency: str | None = None
    stock: int = DEFAULT_STOCK
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass
class CatalogFile:
    """A file whose writing is known: how it is written, in what format, and with which decimal mark."""

    path: Path
    form: FileForm
    dialect: Dialect
    format: Format
    survey: MarkSurvey = field(default_factory=MarkSurvey)
    unmanaged: int = 0

    @property
    def amounts(self) -> Amounts:
        """Give what reads its numbers."""
        return Amounts(self.form.decimal or self.survey.mark)

    def open_table(self, file: CsvFile) -> Table:
        """Open it as a table with the columns of its format.

        Raises:
            UnreadableFile: when its header has others.
        """
        table = Table(file)
        known = (*self.format.required, *self.format.optional)
        table.rename(self.form.columns, known=known)
        table.require(self.format.required, optional=self.format.optional, others=self.format.has_others)
        return table

    def products(self, file: CsvFile) -> Iterator[Product | BadLine]:
        """Read its products.

        Raises:
            UnreadableFile: when the file is cut off.
        """
        amounts = self.amounts
        for row in self.open_table(file).rows():
            if isinstance(row, BadLine):
                yield row
                continue
            number, cells = row
            try:
                product = self.format.read(number, cells, amounts)
            except ValueError as error:
                yield BadLine(number, str(error))
                continue
            if product is not None:
                self.unmanaged += product.stock is None
                yield product

    def told(self) -> list[str]:
        """Say how it was read."""
        title = f"{self.format.title}, " if self.format.title else ""
        told = [f"Read as {title}{describe(self.dialect)}, {_MARKS[self.amounts.mark]}."]
        if self.unmanaged:
            told.append(f"Lines without a stock, whose stock stays as it is: {self.unmanaged}.")
        if self.format.left_out:
            told.append(f"Left out: {_counted(self.format.left_out)}.")
        if self.format.unread:
            told.append(f"Not read: {_counted(self.format.unread)}.")
        return told


def look_through(path: Path, form: FileForm, *, currency: Callable[[], str]) -> CatalogFile:
    """Find out how a file is written. `currency` gives the shop's own, for files whose prices name none.

    Raises:
        UnreadableFile: when it cannot be opened, its header is no catalogue's, or it has a number that could be two.
    """
    dialect = detect_dialect(path, score=_score(form), encoding=form.encoding, delimiter=form.delimiter)
    with open_csv(path, dialect) as file:
        found = CatalogFile(path, form, dialect, _make_format(Table(file), form, currency=currency))
    with open_csv(path, dialect) as file:
        _survey(found, found.open_table(file))
    if form.decimal is None and found.survey.question:
        raise UnreadableFile(found.survey.question)
    return found


def _survey(found: CatalogFile, table: Table) -> None:
    numbers = [column for column in found.format.numbers if column in table.columns]
    try:
        for row in table.rows():
            if not isinstance(row, BadLine):
                number, cells = row
                found.format.learn(cells)
                for column in numbers:
                    found.survey.note(number, column, cells[column])
    except UnreadableFile:
        pass  # cut off: it goes in as far as it can be read, and is told then


def _make_format(table: Table, form: FileForm, *, currency: Callable[[], str]) -> Format:
    """Make the format that was asked for, or that the header is of."""
    columns = {column_key(name) for name in (*table.columns, *form.columns.values(), *form.columns)}

    def has(*names: str) -> bool:
        return columns >= {column_key(name) for name in names}

    if form.source == "woocommerce" or (form.source is None and has("Regular price", "Type", "SKU")):
        return WooCommerceFormat(currency=form.currency or currency())
    is_newer = has("URL handle")
    if form.source == "shopify" or (form.source is None and (is_newer or has("Handle", "Variant SKU"))):
        return ShopifyFormat(currency=form.currency or currency(), is_newer=is_newer)
    if has("stock_code"):
        return RetailFormat(stock=form.stock)
    return OwnFormat(currency=form.currency)


def _score(form: FileForm) -> Score:
    """Make what tells a header by its columns, of whatever format."""
    formats: Collection[Format] = (
        OwnFormat(currency=None),
        ShopifyFormat(currency="", is_newer=False),
        ShopifyFormat(currency="", is_newer=True),
        WooCommerceFormat(currency=""),
    )
    names = [name for each in formats for name in (*each.required, *each.optional)]
    known = {column_key(name) for name in (*names, *RETAIL_COLUMNS, *form.columns, *form.columns.values())}

    def score(cells: Sequence[str]) -> int:
        return sum(column_key(cell) in known for cell in cells)

    return score


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counter.most_common())
