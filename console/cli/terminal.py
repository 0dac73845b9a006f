"""What commands write: results on stdout, for people or as one JSON document; progress on stderr, to terminals only."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from console.cli.drawing import plain_table

_WIDTH_IN_FILES = 160

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def print_json(document: Any) -> None:
    """Write one document to stdout."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def print_json_line(document: Any) -> None:
    """Write one of many documents to stdout, on a line of its own."""
    click.echo(json.dumps(document, ensure_ascii=False, default=_plain))


def output() -> Console:
    """Open stdout for what is drawn: as wide as the terminal, or as COLUMNS says, or as a file may be."""
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(file=sys.stdout, width=None if is_told else _WIDTH_IN_FILES, highlight=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return str(value)


def compact(facts: dict[str, Any]) -> str:
    """Write facts on one line."""
    return ", ".join(f"{name} {_plain(value)}" for name, value in facts.items())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """Write a table to stdout, as wide as the terminal."""
    table = plain_table(title or "", *columns)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))  # a cell is no markup
    output().print(table)


def print_counts(title: str, counts: dict[str, int]) -> None:
    """Write a heading and a line for each count; nothing where there is nothing to count."""
    if counts:
        click.echo(f"{title}:")
    for name, count in counts.items():
        click.echo(f"  {count:>7}  {name}")


@contextmanager
def progress_bar(label: str, *, total: float | None, is_quiet: bool) -> Iterator[Any]:
    """Show a progress bar on stderr, to a terminal; give a function that takes how much is done, and of how much."""
    is_shown = sys.stderr.isatty() and not is_quiet
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not is_shown) as progress:
        task = progress.add_task(label, total=total)

        def move(done: float, of: float | None = total) -> None:
            progress.update(task, completed=done, total=of)

        yield move
