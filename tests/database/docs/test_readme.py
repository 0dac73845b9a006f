"""The README's promises to a reader: its six files are those a checkout goes through, its numbers those of the pages."""

from __future__ import annotations

import re
import sys
from types import FrameType
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.engine import Addresses
from console.engine.errors import CartOrdered
from console.gateways.sandbox import SandboxGateway
from console.models import Order
from console.testing.factories import ADDRESS, Shop
from tests.support.engine.rows import read_one
from tests.support.repository import ROOT
from tests.support.web.shopper import Shopper

README = (ROOT / "README.md").read_text(encoding="utf-8")


class Followed:
    """Notes the functions of the project that are called, each at its first call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def __call__(self, frame: FrameType, what: str, _argument: Any) -> None:
        if what == "call" and frame.f_code.co_filename.startswith(str(ROOT)):
            call = (frame.f_code.co_filename.removeprefix(f"{ROOT}/"), frame.f_code.co_name)
            if call not in self.calls:
                self.calls.append(call)


@pytest.mark.databases("sqlite")
def test_the_six_files_are_the_way_of_a_checkout_in_order(app: APIFlask, shop: Shop) -> None:
    six = re.findall(r"^\d\. `(\S+)`: (.+(?:\n   .+)*)", README, flags=re.MULTILINE)
    named = [(path, name) for path, told in six for name in re.findall(r"`(\w+)`", told) if name != "compensate"]
    firsts = [next(call for call in named if call[0] == path) for path, _ in six]
    shop.sell("MUG")
    shopper = Shopper(app).fill_cart(("MUG", 2))
    lock_id = shopper.checkout()["id"]

    followed = Followed()
    sys.setprofile(followed)
    try:
        bought = shopper.pay(lock_id)
    finally:
        sys.setprofile(None)

    assert bought.status_code == 201
    assert len(six) == 6
    assert [call for call in named if call not in followed.calls] == []
    assert [call for call in followed.calls if call in firsts] == firsts


def test_the_example_run_twice_makes_one_order(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    [example] = re.findall(r"^```python\n(from console\.engine import .*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    shop.sell("MUG-01", price=1250)
    given = {"session": session, "addresses": Addresses(ADDRESS)}

    exec(example, given)  # noqa: S102 - our own page
    with pytest.raises(CartOrdered) as refusal:
        exec(example, given)  # noqa: S102

    assert refusal.value.context["order_number"] == read_one(session, Order).number
    assert [charge.captured for charge in gateway.ledger()] == [2500]


def test_the_readme_tells_the_ratios_that_the_benchmark_gave() -> None:
    measured = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    ratios = [float(ratio) for ratio in re.findall(r"^\| checkout,.*\*\*(\d\.\d+)\*\*", measured, flags=re.MULTILINE)]

    assert len(ratios) == 6
    assert f"{min(ratios)} to {max(ratios)} of that rate" in README
