"""What the drawn reports share: few colours, tables with little ink."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table

GOOD, WARNING, BAD, QUIET = "green", "yellow", "bold red", "dim"
NOTHING = "–"  # noqa: RUF001 - the dash that stands for no value


def plain_table(title: str, *columns: str, numbers: Iterable[str] = (), has_heading: bool = True) -> Table:
    """Begin a table with a title of its own and little ink; `numbers` names the columns that are set to the right."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
        show_header=has_heading,
        header_style="dim",
    )
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
