"""Any sequence of what people, clocks, gateways and deaths can do: every invariant after every step, and in the end
the bank's own ledger agrees with ours to the penny.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from console.testing.databases import PreparedDatabase
from tests.support.engine.driven_shop import Checkouts

EVERYDAY = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,  # the same every day; the campaign looks further
    database=None,
    suppress_health_check=list(HealthCheck),
)
CAMPAIGN = settings(EVERYDAY, max_examples=300, stateful_step_count=40, derandomize=False)


def machine_on(prepared: PreparedDatabase) -> type[Checkouts]:
    return type("CheckoutsOnOneDatabase", (Checkouts,), {"prepared": prepared})


def test_no_sequence_of_events_breaks_an_invariant_or_loses_money(prepared_sqlite: PreparedDatabase) -> None:
    run_state_machine_as_test(machine_on(prepared_sqlite), settings=EVERYDAY)


@pytest.mark.campaign
@pytest.mark.parametrize("database", ["prepared_sqlite", "prepared_postgresql"])
def test_no_long_sequence_of_events_breaks_an_invariant_or_loses_money(
    database: str, request: pytest.FixtureRequest
) -> None:
    run_state_machine_as_test(machine_on(request.getfixturevalue(database)), settings=CAMPAIGN)
