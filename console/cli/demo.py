"""`checkout seed-demo`."""

from __future__ import annotations

import click

from console.cli.groups import actor, open_session
from console.cli.terminal import json_option, print_json, progress_bar
from console.demo import seed_demo

DEFAULT_CHECKOUTS = 240


@click.command("seed-demo", short_help="Set up the demo shop with a history.")
@click.option(
    "--checkouts",
    type=click.IntRange(0, 100_000),
    default=DEFAULT_CHECKOUTS,
    show_default=True,
    help="How many checkouts it has seen.",
)
@json_option
def seed_demo_command(*, checkouts: int, as_json: bool) -> None:
    """Set up the demo shop: catalogue, taxes, coupons, shipping, and a week of checkouts, some of them in trouble now.

    Again it only adds what is missing.

    \b
    Example:
      flask --app wsgi checkout seed-demo --checkouts 500
    """
    with open_session() as session, progress_bar("Seeding", total=checkouts, is_quiet=as_json) as move:
        report = seed_demo(session, checkouts=checkouts, actor=actor(), on_progress=move)
    if as_json:
        print_json({"products": report.products, "checkouts": report.checkouts})
    else:
        click.echo(f"Added {report.products} products and {report.checkouts} checkouts.")
