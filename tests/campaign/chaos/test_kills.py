"""A sample of the kill matrix with a fixed seed, on every working day: some scenarios, at some points."""

from __future__ import annotations

import random

import pytest
from sqlalchemy.orm import Session

from console.engine.runtime import CheckoutConfig
from console.gateways.sandbox import SandboxGateway
from console.testing.factories import Shop
from tests.campaign.chaos.matrix import PATIENCE_SECONDS, Executioner
from tests.campaign.chaos.scenarios import PATHS, TOLD_LATER, faults
from tests.campaign.chaos.settling import settle

SEED = 7


@pytest.fixture
def config() -> CheckoutConfig:
    return CheckoutConfig(gateway_timeout_seconds=0.3)


@pytest.fixture
def executioner(session: Session, shop: Shop, gateway: SandboxGateway) -> Executioner:
    shop.sell(stock=1000)
    return Executioner(session, gateway, random.Random(SEED))


def test_ways_through_a_checkout_survive_a_death(executioner: Executioner, session: Session) -> None:
    prompt = [scenario for scenario in PATHS if not scenario.is_told_later]
    chosen = random.Random(session.get_bind().dialect.name).sample(prompt, 6)  # others on each database

    doomed = {scenario.title: executioner.kill(scenario, most=2) for scenario in chosen}
    settle(session, at_most_seconds=PATIENCE_SECONDS)
    tallies = {title: executioner.judge(each) for title, each in doomed.items()}

    assert {title: tally.violations for title, tally in tallies.items() if tally.violations} == {}
    assert [tally.runs for tally in tallies.values()] == [3] * 6


def test_every_fault_of_the_gateway_is_survived_by_buying_and_by_going_back(
    executioner: Executioner, session: Session
) -> None:
    ways = [way for token, ways in faults().items() if token not in TOLD_LATER for way in (ways[0], ways[-1])]

    doomed = executioner.run_unharmed(ways)
    settle(session, at_most_seconds=PATIENCE_SECONDS)
    tally = executioner.judge(doomed)

    assert tally.violations == []
    assert tally.runs == len(ways)
