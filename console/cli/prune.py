"""`checkout prune`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from console.cli.ages import read_age
from console.cli.groups import actor, open_session
from console.cli.terminal import json_option, print_json, progress_bar
from console.engine.care.retention import Pruned, prune_history
from console.jobs.listeners import heard_topics
from console.wording import counted, exact


class Age(click.ParamType):
    """An age such as `90d` or `36h`, in seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        seconds = read_age(str(value), units="hd")
        if seconds is None:
            self.fail(f"{value!r} is no age such as 90d (days) or 36h (hours).", param, ctx)
        return seconds


@click.command("prune", short_help="Delete the history of old checkouts without money.")
@click.option("--older-than", type=Age(), required=True, help="Ended so long ago: 90d, 36h; a day at least.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be deleted.")
@json_option
def prune_command(*, older_than: int, dry_run: bool, as_json: bool) -> None:
    """Delete steps, events and price snapshots of checkouts that ended so long ago without any payment.

    The checkouts themselves stay, with the event that tells their end; so do orders, payments, the audit trail, and
    everything of a checkout that money was asked for. In batches: it may be stopped and run again at any time.

    \b
    Examples:
      flask --app wsgi checkout prune --older-than 90d --dry-run
      flask --app wsgi checkout prune --older-than 90d
    """
    with open_session() as session, progress_bar("Pruning", total=None, is_quiet=as_json) as move:
        pruned, before = prune_history(
            session,
            older_than_seconds=older_than,
            actor=actor(),
            heard=heard_topics(),
            is_dry=dry_run,
            on_progress=move,
        )
    if as_json:
        print_json({"dry_run": dry_run, "ended_before": before, **asdict(pruned)})
    else:
        click.echo(f"{_told(pruned, is_dry=dry_run)}, ended before {exact(before)}.")


def _told(pruned: Pruned, *, is_dry: bool) -> str:
    rows = (
        f"{counted(pruned.steps, 'step')}, {counted(pruned.events, 'event')} and "
        f"{counted(pruned.snapshots, 'price snapshot')}"
    )
    return f"{'Would delete' if is_dry else 'Deleted'} {rows} of {counted(pruned.checkouts, 'checkout')}"
