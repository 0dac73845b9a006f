"""The kill matrix: each scenario killed at every point of its way, and settled again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.gateways.sandbox import SandboxGateway
from console.testing.factories import Shop
from tests.campaign.chaos.kills import count_points, is_killed_at
from tests.campaign.chaos.scenarios import Scenario
from tests.campaign.chaos.settling import let_time_pass, recover_dead, settle
from tests.campaign.chaos.verdicts import End, Tally, judge_agreement, judge_all

PATIENCE_SECONDS = 20
NEVER = float("inf")


@dataclass
class Doomed:
    """The checkouts of a scenario after their deaths: to be settled, then judged."""

    ends: frozenset[End]
    ids: list[int] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Executioner:
    """Kills the checkouts of a shop, has them settled and judges them; goods are on sale there as `MUG`."""

    session: Session
    gateway: SandboxGateway
    dice: random.Random

    def kill_everywhere(self, scenario: Scenario, *, until: float = NEVER, most: int | None = None) -> Tally:
        """Kill a scenario at every point, each time with a checkout of its own; settle all, and judge.

        `most` takes so many points at random; `until`, on the monotonic clock, cuts it short.
        """
        doomed = self.kill(scenario, until=until, most=most)
        settle(self.session, at_most_seconds=PATIENCE_SECONDS)
        return self.judge(doomed)

    def kill(self, scenario: Scenario, *, until: float = NEVER, most: int | None = None) -> Doomed:
        """Kill a scenario at every point, and recover each checkout once; what must hold at any commit is judged."""
        doomed = Doomed(scenario.ends)
        for lock_id in self._deaths(scenario, most=most):
            doomed.ids.append(lock_id)
            doomed.tally.add(judge_agreement(self.session, self.gateway, is_told=not scenario.is_told_later))
            recover_dead(self.session)
            if time.monotonic() > until and len(doomed.ids) > 1:  # one lives, the others die
                doomed.tally.is_cut_short = True
                break
        return doomed

    def run_unharmed(self, scenarios: Sequence[Scenario]) -> Doomed:
        """Run scenarios once each without any kill."""
        doomed = Doomed(frozenset().union(*(scenario.ends for scenario in scenarios)))
        for scenario in scenarios:
            doomed.ids.append(self._checkout())
            count_points(self._database, doomed.ids[-1], scenario.act)
        return doomed

    def judge(self, doomed: Doomed) -> Tally:
        """Judge the checkouts of a scenario once all is quiet."""
        tally = Tally(is_cut_short=doomed.tally.is_cut_short)
        tally.add(doomed.tally)
        tally.add(judge_all(self.session, self.gateway, only=doomed.ids))
        tally.require(doomed.ends)
        return tally

    @property
    def _database(self) -> Engine:
        return self.session.get_bind().engine

    def _checkout(self) -> int:
        return Shop(self.session).checkout().id

    def _deaths(self, scenario: Scenario, *, most: int | None) -> Iterator[int]:
        """Let one checkout after another die, or live in the end; give their ids."""
        lock_id = self._checkout()
        points = list(range(1, count_points(self._database, lock_id, scenario.act) + 1))
        yield lock_id
        self.dice.shuffle(points)
        for point in points[:most]:
            yield from self._die(scenario, point)

    def _die(self, scenario: Scenario, point: int) -> Iterator[int]:
        """Die at a point; then, where there is a second act, at each of its points."""
        for second in count(1):
            lock_id = self._checkout()
            self.session.close()
            is_killed_at(point, self._database, lock_id, scenario.act)
            if scenario.then is None:
                yield lock_id
                return
            let_time_pass(self.session)
            self.session.close()
            was_killed = is_killed_at(second, self._database, lock_id, scenario.then)
            yield lock_id
            if not was_killed:
                return
