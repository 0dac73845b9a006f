"""Killed anywhere, before and after every commit and every gateway call: finished or undone afterwards."""

from __future__ import annotations

import random

import pytest
from sqlalchemy.orm import Session

from console.gateways.sandbox import SandboxGateway
from console.testing.factories import Shop
from tests.campaign.chaos.matrix import Executioner
from tests.campaign.chaos.scenarios import named
from tests.campaign.chaos.verdicts import End

SEED = 20
POINTS = 8  # around three commits and a call at the least


@pytest.fixture
def executioner(session: Session, shop: Shop, gateway: SandboxGateway) -> Executioner:
    shop.sell(stock=1000)
    return Executioner(session, gateway, random.Random(SEED))


@pytest.mark.parametrize("title", ["bought", "authorization refused", "capture refused"])
def test_a_checkout_killed_anywhere_is_recovered_to_an_end(executioner: Executioner, title: str) -> None:
    tally = executioner.kill_everywhere(named(title))

    assert tally.violations == []
    assert tally.runs > POINTS


def test_a_recovery_killed_anywhere_is_recovered_itself(executioner: Executioner) -> None:
    tally = executioner.kill_everywhere(named("bought, its recovery killed"), most=1)

    assert tally.violations == []
    assert tally.runs > 1


def test_a_checkout_is_cancelled_while_its_payment_is_made_and_its_process_killed(executioner: Executioner) -> None:
    tally = executioner.kill_everywhere(named("cancelled before the answer arrives"), most=5)

    assert tally.violations == []
    assert tally.ends[End.UNDONE] > 0
