"""`sandbox charges`, `sandbox send-webhooks`."""

from __future__ import annotations

from dataclasses import asdict

import click

from console.cli.groups import open_session
from console.cli.terminal import json_option, print_json, print_table
from console.engine.runtime import runtime_of
from console.gateways.sandbox import SandboxGateway


@click.command("charges", short_help="List the sandbox gateway's own ledger.")
@json_option
def charges_command(*, as_json: bool) -> None:
    """List the payments in the sandbox gateway's own ledger, the oldest first; amounts in minor units.

    \b
    Example:
      flask --app wsgi sandbox charges --json
    """
    entries = [asdict(entry) for entry in _sandbox().ledger()]
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


@click.command("send-webhooks", short_help="Deliver the sandbox gateway's pending webhooks.")
@json_option
def send_webhooks_command(*, as_json: bool) -> None:
    """Deliver the webhooks that wait in the sandbox gateway's ledger to PUBLIC_URL, now; a worker does so by itself.

    \b
    Example:
      flask --app wsgi sandbox send-webhooks
    """
    deliveries = list(_sandbox().send_webhooks())
    undelivered = [delivery for delivery in deliveries if not delivery.is_delivered]
    counts = {"delivered": len(deliveries) - len(undelivered), "undelivered": len(undelivered)}
    if as_json:
        print_json(counts)
    else:
        click.echo(f"{counts['delivered']} delivered, {counts['undelivered']} not.")
    for delivery in undelivered:
        click.echo(f"webhook {delivery.webhook_id}: {delivery.error or f'answered {delivery.status}'}", err=True)
    if undelivered:
        raise click.exceptions.Exit(1)


def _sandbox() -> SandboxGateway:
    with open_session() as session:
        gateway = runtime_of(session).gateway
    if not isinstance(gateway, SandboxGateway):
        raise click.ClickException(f"The gateway in use is {gateway.name}, not the sandbox.")
    return gateway
