"""`checkout settings`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import click
from rich.console import RenderableType
from rich.text import Text

from console.cli.drawing import QUIET, plain_table
from console.cli.terminal import json_option, output, print_json
from console.extensions import current_settings
from console.settings import SettingRow, describe

_TABLE_WIDTH = 130


@click.command("settings", short_help="Show every setting and what is in force.")
@json_option
def settings_command(*, as_json: bool) -> None:
    """Show every setting with what is in force and where it comes from; secrets are masked.

    \b
    Example:
      flask --app wsgi checkout settings --json
    """
    rows = describe(current_settings())
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    console = output()
    console.print(_as_table(rows) if console.width >= _TABLE_WIDTH else _as_list(rows))


def _as_table(rows: Iterable[SettingRow]) -> RenderableType:
    table = plain_table("", "setting", "value", "from", "default", "unit", "what it does")
    for row in rows:
        table.add_row(*map(Text, (row.name, row.value, row.source, row.default, row.unit, row.help)))
    return table


def _as_list(rows: Iterable[SettingRow]) -> RenderableType:
    """Write each setting with its help below it: six columns do not fit a narrow terminal."""
    lines = Text()
    for row in rows:
        source = "default" if row.source == "default" else f"from {row.source}; default {row.default or 'none'}"
        lines.append(row.name, style="bold").append(f" = {row.value} {row.unit}".rstrip())
        lines.append(f"  ({source})\n", style=QUIET).append(f"    {row.help}\n")
    return lines
