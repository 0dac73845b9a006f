"""The campaign: which parts there are on which database, and how the time is shared out among them."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from console.engine.runtime import CheckoutConfig
from console.testing.factories import Shop
from tests.campaign.chaos import troubles
from tests.campaign.chaos.load import Rush, endure
from tests.campaign.chaos.matrix import PATIENCE_SECONDS, Doomed, Executioner
from tests.campaign.chaos.report import Matrix, Row
from tests.campaign.chaos.scenarios import KILLS, TOKENS, TOLD_LATER, Scenario, faults
from tests.campaign.chaos.services import NotInstalledError, Postgresql, own_postgresql, own_redis
from tests.campaign.chaos.settling import come_to_rest, settle
from tests.campaign.chaos.site import Site, open_site, stock
from tests.campaign.chaos.troubles import Trouble
from tests.campaign.chaos.verdicts import Tally
from tests.support.engine.worlds import World
from tests.support.installation import migrate

SHOPPERS = 16
WEB_WORKERS = {"SQLite": 1, "PostgreSQL": 2}
KILL_SHARE = 0.5  # of a database's time; the rest is for trouble under load
SETTLING_SECONDS = 15  # what a load scenario takes to begin and to come to rest
LEAST_LOAD_SECONDS = 5.0
QUICK_GATEWAY = CheckoutConfig(gateway_timeout_seconds=0.3)

Choose = Callable[[Site, random.Random], Trouble]


@dataclass
class Campaign:
    """One database's campaign, in a folder of its own; `seconds` are shared out over its parts."""

    database: str
    folder: Path
    matrix: Matrix
    seconds: float
    cluster: Postgresql | None = None
    _made: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run every part."""
        with ExitStack() as stack:
            parts = self._load_parts(stack)
            self._kill(until=time.monotonic() + self.seconds * KILL_SHARE)
            seconds = max(LEAST_LOAD_SECONDS, self.seconds * (1 - KILL_SHARE) / len(parts) - SETTLING_SECONDS)
            self.matrix.begin(self.database, f"{SHOPPERS} shoppers for {seconds:.0f} s")
            for choose, settings in parts:
                self._endure(choose, seconds=seconds, **settings)

    def _kill(self, *, until: float) -> None:
        """Run the fault tokens, then the kill matrix; what the time does not suffice for is cut short and says so."""
        with self._killing_field() as (executioner, site):
            self.matrix.begin(self.database, "fault tokens")
            prompt = {token: ways for token, ways in faults().items() if token not in TOLD_LATER}
            doomed = {token: executioner.run_unharmed(ways) for token, ways in prompt.items()}
            settle(executioner.session, at_most_seconds=PATIENCE_SECONDS)
            self._judge("faults", executioner, doomed)
            self.matrix.begin(self.database, "killed at every commit and gateway call")
            later = self._kill_each(executioner, until=until)
            unharmed = {token: executioner.run_unharmed(faults()[token]) for token in TOKENS if token in TOLD_LATER}
            with site():  # a running shop hears by webhook what the gateway has to say of the rest
                come_to_rest(executioner.session)
            self._judge("kills", executioner, later)
            self._judge("faults", executioner, unharmed)

    def _kill_each(self, executioner: Executioner, *, until: float) -> dict[str, Doomed]:
        """Kill each scenario and judge it; give those whose end is told later."""
        later: dict[str, Doomed] = {}
        scenarios = sorted(KILLS, key=lambda each: each.is_told_later)
        for number, scenario in enumerate(scenarios):
            ends_at = time.monotonic() + max(0.0, until - time.monotonic()) / (len(scenarios) - number)
            doomed = {_titled(scenario): executioner.kill(scenario, until=ends_at)}
            if scenario.is_told_later:
                later |= doomed
            else:
                settle(executioner.session, at_most_seconds=PATIENCE_SECONDS)
                self._judge("kills", executioner, doomed)
        return later

    def _judge(self, part: str, executioner: Executioner, doomed: dict[str, Doomed]) -> None:
        for title, checkouts in doomed.items():
            self._add(part, title, executioner.judge(checkouts))

    def _load_parts(self, stack: ExitStack) -> list[tuple[Choose, dict[str, str]]]:
        parts: list[tuple[Choose, dict[str, str]]] = [(troubles.kill_processes, {})]
        if self.cluster is not None:
            cluster = self.cluster
            parts.append((lambda _site, _dice: troubles.cut_connections(cluster), {}))
            parts.append((lambda _site, dice: troubles.restart_database(cluster, dice), {}))
        try:
            redis = stack.enter_context(own_redis(self.folder))
        except NotInstalledError as missing:
            self.matrix.leave_out(f"{self.database} without its Redis: {missing}")
        else:
            counted = {"REDIS_URL": redis.url, "CHECKOUT_RATE_LIMIT": "1000000 per minute"}
            parts.append((lambda _site, _dice: troubles.lose_redis(redis), counted))
        return parts

    def _endure(self, choose: Choose, *, seconds: float, **settings: str) -> None:
        folder = self._new_folder("site")
        url = self._new_database(folder)
        stock(url, folder)
        with open_site(url, folder, web_workers=WEB_WORKERS[self.database], **settings) as site:
            dice = self._dice(f"load {len(self._made)}")
            trouble = choose(site, dice)
            tally, diary = endure(site, trouble, Rush(SHOPPERS, seconds), dice=dice)
        answers = dict(diary.statuses) | {"no answer": diary.silences}
        self._add("load", trouble.title, tally, answers=answers)

    @contextmanager
    def _killing_field(self) -> Iterator[tuple[Executioner, Callable[[], AbstractContextManager[Site]]]]:
        """Open a shop to kill in; gives its executioner, and what runs the shop as in production meanwhile."""
        folder = self._new_folder("kills")
        url = self._new_database(folder)
        world = World(url, f"sqlite:///{folder}/sandbox.sqlite3", QUICK_GATEWAY)
        with world.open() as (session, _engine, gateway):
            Shop(session).sell(stock=1_000_000)
            executioner = Executioner(session, gateway, self._dice("kills"))
            yield executioner, lambda: open_site(url, folder, web_workers=1)

    def _new_folder(self, name: str) -> Path:
        folder = self.folder / f"{self.database.lower()}-{name}-{len(self._made)}"
        folder.mkdir()
        self._made.append(folder.name)
        return folder

    def _new_database(self, folder: Path) -> str:
        """Make a clean, migrated database."""
        if self.cluster is None:
            url = f"sqlite:///{folder}/shop.sqlite3"
        else:
            url = self.cluster.new_database(f"shop_{len(self._made)}")
        migrate(url, folder)
        return url

    def _dice(self, part: str) -> random.Random:
        return random.Random(f"{self.matrix.seed} {self.database} {part}")

    def _add(
        self, part: str, title: str, tally: Tally, *, note: str = "", answers: dict[str, int] | None = None
    ) -> None:
        note = note or ("a sample, for lack of time" if tally.is_cut_short else "")
        self.matrix.add(Row(self.database, part, title, tally, note, answers or {}))


def _titled(scenario: Scenario) -> str:
    return f"{scenario.title} ({scenario.token})"


def run_campaign(folder: Path, *, seed: int, minutes: float) -> Matrix:
    """Run everything that can be run here, in about so many minutes; prints the matrix as it comes."""
    matrix = Matrix(seed)
    ends_at = time.monotonic() + minutes * 60
    Campaign("SQLite", folder, matrix, seconds=minutes * 60 / 3).run()
    with ExitStack() as stack:
        try:
            place = folder / "postgresql"
            place.mkdir()
            cluster = stack.enter_context(own_postgresql(place))
        except (NotInstalledError, subprocess.CalledProcessError) as missing:
            matrix.leave_out(f"PostgreSQL: {missing}")
            return matrix
        seconds = max(0.0, ends_at - time.monotonic())
        Campaign("PostgreSQL", folder, matrix, seconds=seconds, cluster=cluster).run()
    return matrix
