"""`checkout settings`."""

from __future__ import annotations

from dataclasses import asdict

import click

from console.cli.terminal import json_option, print_json, print_table
from console.extensions import current_settings
from console.settings import describe


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
    columns = ("setting", "value", "from", "default", "unit", "what it does")
    print_table(columns, [(row.name, row.value, row.source, row.default, row.unit, row.help) for row in rows])
