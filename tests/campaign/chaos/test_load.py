"""A short campaign under load, on every working day: processes are killed while a few shoppers buy."""

from __future__ import annotations

import random
from pathlib import Path

from tests.campaign.chaos.load import Rush, endure
from tests.campaign.chaos.site import open_site, stock
from tests.campaign.chaos.troubles import kill_processes
from tests.campaign.chaos.verdicts import End

SEED = 11
RUSH = Rush(shoppers=3, seconds=3.0, least_payments=3)


def test_killed_processes_leave_every_checkout_finished_or_undone(database_url: str, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    stock(database_url, tmp_path)

    with open_site(database_url, tmp_path, web_workers=1) as site:
        before = site.web_workers()
        tally, _diary = endure(site, kill_processes(site, dice), RUSH, dice=dice)
        after = site.web_workers()

    assert tally.violations == []
    assert tally.ends[End.COMPLETED] > 0
    assert before != after
