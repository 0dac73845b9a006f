"""The command line: `flask --app wsgi checkout …` and `flask --app wsgi sandbox …`; docs/cli.md names every command."""

from __future__ import annotations

import click
from flask import Flask

from console.cli.actions import expire_command, extend_command, release_command, retry_command
from console.cli.catalog import import_catalog_command
from console.cli.demo import seed_demo_command
from console.cli.diagnostics import diagnostics_command
from console.cli.doctor import doctor_command
from console.cli.groups import ConsoleGroup
from console.cli.monitor import monitor_command
from console.cli.people import create_token_command, create_user_command, disable_user_command, set_password_command
from console.cli.prune import prune_command
from console.cli.reconcile import reconcile_command
from console.cli.replay import replay_command
from console.cli.resolve import resolve_command
from console.cli.sandbox import charges_command, send_webhooks_command
from console.cli.settings import settings_command
from console.cli.upkeep import cleanup_command, recover_command, worker_command

CHECKOUT_COMMANDS = (
    import_catalog_command,
    replay_command,
    seed_demo_command,
    monitor_command,
    diagnostics_command,
    release_command,
    expire_command,
    retry_command,
    extend_command,
    doctor_command,
    resolve_command,
    reconcile_command,
    cleanup_command,
    recover_command,
    prune_command,
    worker_command,
    create_user_command,
    set_password_command,
    disable_user_command,
    create_token_command,
    settings_command,
)
SANDBOX_COMMANDS = (charges_command, send_webhooks_command)


def register(app: Flask, *, version: str) -> None:
    """Give an app its commands."""
    checkout = ConsoleGroup("checkout", help="Run and look after the checkout.")
    click.version_option(version, prog_name="Checkout Console")(checkout)
    for command in CHECKOUT_COMMANDS:
        checkout.add_command(command)
    sandbox = ConsoleGroup("sandbox", help="Look into the sandbox payment gateway.")
    for command in SANDBOX_COMMANDS:
        sandbox.add_command(command)
    app.cli.add_command(checkout)
    app.cli.add_command(sandbox)
