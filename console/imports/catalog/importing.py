"""A catalogue file as a whole: read as a stream, written in batches, its broken lines counted and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.store.database import transact
from console.imports.catalog.batches import BatchResult, write_batch
from console.imports.catalog.products import Product, read_products
from console.imports.csv_files import BadLine, UnreadableFile, open_csv
from console.imports.csv_tables import Table

BATCH_LINES = 500
MOST_LISTED = 50
DEFAULT_STOCK = 100_000
_LONGEST_ID = 64


@dataclass
class ImportReport:
    """What an import did: lines that went in, products that are new, and the lines that did not, the first listed."""

    written: int = 0
    added: int = 0
    refused: int = 0
    listed: list[BadLine] = field(default_factory=list)

    def note(self, bad: BadLine) -> None:
        """Count a line that did not go in."""
        self.refused += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append(bad)

    def add(self, batch: BatchResult) -> None:
        """Count a batch."""
        self.written += batch.written
        self.added += batch.added
        for bad in batch.refused:
            self.note(bad)


def import_catalog(
    session: Session,
    path: Path,
    *,
    actor: str,
    stock: int = DEFAULT_STOCK,
    on_progress: Callable[[int, int], None] = lambda _position, _size: None,
) -> ImportReport:
    """Bring a catalogue file in. Own transactions, one a batch, each with its audit entry: it may be stopped any time.

    `stock` is the number of pieces for products without any, in a file that has no stock column. `on_progress` hears
    how many bytes of how many were read.

    Raises:
        UnreadableFile: when the file cannot be opened, or its header is no catalogue's.
    """
    report = ImportReport()
    subject = ("catalog", path.name[:_LONGEST_ID])
    with open_csv(path) as file:
        lines = _to_its_end(read_products(Table(file), stock=stock))
        while batch := list(islice(lines, BATCH_LINES)):
            bad = [line for line in batch if isinstance(line, BadLine)]
            products = [line for line in batch if isinstance(line, Product)]
            for line in bad:
                report.note(line)
            if products:
                report.add(transact(session, partial(_write, session, products, Actor(actor), subject)))
            on_progress(file.position, file.size)
    return report


def _write(session: Session, products: list[Product], actor: Actor, subject: tuple[str, str]) -> BatchResult:
    """Write a batch and who brought it in: which lines, and each price that is another now. Caller commits."""
    result = write_batch(session, products)
    after = {
        "lines": [products[0].line, products[-1].line],
        "written": result.written,
        "added": result.added,
        "refused": len(result.refused),
        "prices": _prices(result, "after"),
    }
    entry = Entry("import_catalog", subject, before={"prices": _prices(result, "before")}, after=after)
    write_entry(session, actor, entry)
    return result


def _prices(result: BatchResult, moment: str) -> dict[str, dict[str, int]]:
    """Tell the prices that changed, by SKU and currency, in minor units."""
    prices: dict[str, dict[str, int]] = {}
    for each in result.repriced:
        prices.setdefault(each.sku, {})[each.currency] = getattr(each, moment)
    return prices


def _to_its_end(lines: Iterator[Product | BadLine]) -> Iterator[Product | BadLine]:
    """Give the lines as long as the file can be read; where it is cut off, that is one more bad line."""
    last = 1
    try:
        for line in lines:
            last = line.number if isinstance(line, BadLine) else line.line
            yield line
    except UnreadableFile as error:
        if last == 1:
            raise
        yield BadLine(last + 1, str(error))
