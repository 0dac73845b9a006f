"""A sample of the kill matrix with a fixed seed, on every working day: every scenario dies at some point."""

from __future__ import annotations

import random

import pytest
from sqlalchemy.orm import Session

from console.engine.payments.sandbox import SandboxGateway
from console.engine.runtime import CheckoutConfig
from tests.chaos.matrix import Executioner
from tests.chaos.scenarios import DOUBLE_DEATHS, PATHS, faults
from tests.factories import Shop

SEED = 7


@pytest.fixture
def config() -> CheckoutConfig:
    return CheckoutConfig(gateway_timeout_seconds=0.3)


@pytest.fixture
def executioner(session: Session, shop: Shop, gateway: SandboxGateway) -> Executioner:
    shop.sell(stock=1000)
    return Executioner(session, gateway, random.Random(SEED))


def test_every_way_through_a_checkout_survives_a_death(executioner: Executioner) -> None:
    tallies = {
        scenario.title: executioner.kill_everywhere(scenario, most=1) for scenario in PATHS if scenario.is_supported
    }

    assert {title: tally.violations for title, tally in tallies.items() if tally.violations} == {}
    assert all(tally.runs == 2 for tally in tallies.values())


def test_what_follows_a_death_survives_another_one(executioner: Executioner) -> None:
    scenario = random.Random(SEED).choice(DOUBLE_DEATHS)

    tally = executioner.kill_everywhere(scenario, most=1)

    assert tally.violations == []
    assert tally.runs > 2


def test_every_fault_of_the_gateway_is_survived_on_every_way(executioner: Executioner) -> None:
    ways = [way for ways in faults().values() for way in ways]

    tally = executioner.run_unharmed(ways)

    assert tally.violations == []
    assert tally.runs == len(ways)
