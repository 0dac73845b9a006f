"""What a shop tests its own code with: factories, a clock that stands still, a gateway that follows a script.

Nothing here needs pytest except the fixtures (`console.testing.fixtures`) and `GatewayContract`, the tests that every
payment gateway must pass.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from console.testing.clock import FrozenClock
from console.testing.factories import ADDRESS, VISA, Shop, make_driverless, make_due
from console.testing.scripted import (
    Line,
    ScriptedGateway,
    after,
    answer,
    approve,
    lose_answer,
    refuse,
    slow,
    stay_silent,
    wait_for_shopper,
)

if TYPE_CHECKING:
    from console.testing.gateway_contract import GatewayContract

__all__ = [
    "ADDRESS",
    "VISA",
    "FrozenClock",
    "GatewayContract",
    "Line",
    "ScriptedGateway",
    "Shop",
    "after",
    "answer",
    "approve",
    "lose_answer",
    "make_driverless",
    "make_due",
    "refuse",
    "slow",
    "stay_silent",
    "wait_for_shopper",
]


def __getattr__(name: str) -> Any:
    """Load the gateway contract when it is asked for, with asserts that say what they saw."""
    if name != "GatewayContract":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest  # noqa: PLC0415 - see the module

    modules = ("console.testing.gateway_contract", "console.testing.payments")
    pytest.register_assert_rewrite(*(module for module in modules if module not in sys.modules))
    from console.testing.gateway_contract import GatewayContract  # noqa: PLC0415

    return GatewayContract
