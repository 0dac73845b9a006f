"""A catalogue file as a whole: read as a stream, written in batches, its broken lines counted and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.runtime import runtime_of
from console.engine.store.database import look, transact
from console.imports.catalog.batches import BatchResult, write_batch
from console.imports.catalog.names import ShopNames, read_names
from console.imports.catalog.preview import Preview
from console.imports.catalog.products import Product
from console.imports.catalog.reading import CatalogFile, FileForm, look_through
from console.imports.csv_files import BadLine, UnreadableFile, open_csv

BATCH_LINES = 500
MOST_LISTED = 50
_LONGEST_ID = 64
_AS_IT_CAME = FileForm()

Progress = Callable[[int, int], None]


@dataclass
class ImportReport:
    """What an import did: lines that went in, products that are new, and the lines that did not, the first listed.

    `told` says how the file was read, what was made beside products, and what deserves a word.
    """

    written: int = 0
    added: int = 0
    refused: int = 0
    listed: list[BadLine] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

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
    form: FileForm = _AS_IT_CAME,
    is_creating: bool = False,
    on_progress: Progress = lambda _position, _size: None,
) -> ImportReport:
    """Bring a catalogue file in. Own transactions, one a batch, each with its audit entry: it may be stopped any time.

    `form` is what is known of the file. With `is_creating` tax classes and warehouses that are not known are made.
    `on_progress` hears how many bytes of how many were read.

    Raises:
        UnreadableFile: when the file cannot be opened, its header is no catalogue's, or a number of it could be two.
            Nothing was changed then.
    """
    report = ImportReport()
    subject = ("catalog", path.name[:_LONGEST_ID])
    with _batches(session, path, form, is_creating=is_creating, on_progress=on_progress) as source:
        for bad, products in source.batches:
            for line in bad:
                report.note(line)
            if products:
                work = partial(_write, session, products, source.names, Actor(actor), subject)
                report.add(transact(session, work))
        report.told = source.told()
    return report


def preview_catalog(
    session: Session,
    path: Path,
    *,
    form: FileForm = _AS_IT_CAME,
    is_creating: bool = False,
    on_progress: Progress = lambda _position, _size: None,
) -> Preview:
    """Tell what `import_catalog` would make, change and refuse, and write nothing.

    Raises:
        UnreadableFile: as `import_catalog`.
    """
    preview = Preview(most_listed=MOST_LISTED)
    with _batches(session, path, form, is_creating=is_creating, on_progress=on_progress) as source:
        for bad, products in source.batches:
            look(session, partial(preview.add, products=products, bad=bad))
        preview.told = source.told()
    return preview


Batch = tuple[list[BadLine], list[Product]]


@dataclass(frozen=True)
class _Source:
    file: CatalogFile
    names: ShopNames
    batches: Iterator[Batch]

    def told(self) -> list[str]:
        return [*self.file.told(), *self.names.told()]


@contextmanager
def _batches(
    session: Session, path: Path, form: FileForm, *, is_creating: bool, on_progress: Progress
) -> Iterator[_Source]:
    """Open a file as batches of lines, those that cannot be used beside those that can."""
    found = look_through(path, form, currency=lambda: runtime_of(session).config.currency)
    names = look(session, partial(read_names, is_creating=is_creating))

    def batches() -> Iterator[Batch]:
        lines = _to_its_end(_named(found.products(file), names, aliases=found.format.aliases))
        while batch := list(islice(lines, BATCH_LINES)):
            bad = [line for line in batch if isinstance(line, BadLine)]
            yield bad, [line for line in batch if isinstance(line, Product)]
            on_progress(file.position, file.size)

    with open_csv(path, found.dialect) as file:
        yield _Source(found, names, batches())


def _named(
    lines: Iterator[Product | BadLine], names: ShopNames, *, aliases: Mapping[str, str]
) -> Iterator[Product | BadLine]:
    """Give each product with the shop's own names, and once: under those, one that stands twice is refused."""
    seen: dict[tuple[str, str, str | None], int] = {}
    for line in lines:
        if isinstance(line, BadLine):
            yield line
            continue
        try:
            product = names.put(line, aliases=aliases)
        except ValueError as error:
            yield BadLine(line.line, str(error))
            continue
        first = seen.setdefault(product.key, line.line)
        yield product if first == line.line else BadLine(line.line, f"{product.sku} stands on line {first} already")


def _write(
    session: Session, products: list[Product], names: ShopNames, actor: Actor, subject: tuple[str, str]
) -> BatchResult:
    """Write a batch and who brought it in: which lines, and each price that is another now. Caller commits."""
    result = write_batch(session, products, new_warehouses=names.warehouses.made)
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
