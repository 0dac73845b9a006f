"""`sandbox charges`."""

from __future__ import annotations

from dataclasses import asdict

import click

from console.cli.groups import open_session
from console.cli.terminal import json_option, print_json, print_table
from console.engine.payments.sandbox import SandboxGateway
from console.engine.runtime import runtime_of


@click.command("charges", short_help="List the sandbox gateway's own ledger.")
@json_option
def charges_command(*, as_json: bool) -> None:
    """List the payments in the sandbox gateway's own ledger, the oldest first; amounts in minor units.

    \b
    Example:
      flask --app wsgi sandbox charges --json
    """
    with open_session() as session:
        gateway = runtime_of(session).gateway
    if not isinstance(gateway, SandboxGateway):
        raise click.ClickException(f"The gateway in use is {gateway.name}, not the sandbox.")
    entries = [asdict(entry) for entry in gateway.ledger()]
    if as_json:
        print_json(entries)
        return
    columns = (
        "provider_reference",
        "lock_reference",
        "authorized",
        "captured",
        "voided",
        "refunded",
        "currency",
        "status",
    )
    print_table(columns, [[entry[column] for column in columns] for entry in entries])
