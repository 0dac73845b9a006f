"""A shopper over HTTP: a cart with two lines, its checkout, its payment."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from bench.wire import Line, build_request

Item = TypeVar("Item")

API = "/api/v1"
PAYMENT = {"payment": {"method": "card", "token": "tok_visa"}}
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "line_one": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}


@dataclass(frozen=True)
class Buying:
    """Buy one piece of each of two products: random ones, or one that everybody wants and a random one."""

    port: int
    skus: tuple[str, ...]
    is_hot: bool = False

    @contextmanager
    def open(self, chance: random.Random) -> Iterator[Callable[[], None]]:
        """Connect, and give what buys once."""
        with Line(self.port) as line:
            yield lambda: buy(line, choose(self.skus, chance, is_hot=self.is_hot))


@dataclass(frozen=True)
class Reading:
    """Send the same request."""

    port: int
    request: bytes

    @contextmanager
    def open(self, chance: random.Random) -> Iterator[Callable[[], None]]:
        """Connect, and give what asks once."""
        with Line(self.port) as line:
            yield partial(_ask, line, self.request)


def choose(items: tuple[Item, ...], chance: random.Random, *, is_hot: bool) -> tuple[Item, Item]:
    """Choose two different ones; the hot one is the first of all."""
    first = 0 if is_hot else chance.randrange(len(items))
    second = (first + chance.randrange(1, len(items))) % len(items)
    return items[first], items[second]


def buy(line: Line, skus: tuple[str, str]) -> None:
    """Take a cart through its whole checkout."""
    pay_for_cart(line, *make_cart(line, skus))


def make_cart(line: Line, skus: tuple[str, str]) -> tuple[int, str]:
    """Make a cart; give its id and its token."""
    answer = line.ask(build_request("POST", f"{API}/carts", body=json.dumps(new_cart(skus)).encode()))
    token = answer.partition(b'"token":"')[2].partition(b'"')[0]
    return _number_in(answer, b'"id":'), token.decode()


def new_cart(skus: Sequence[str]) -> dict[str, Any]:
    """Give what a cart with a piece of each is made of."""
    lines = [{"sku": sku, "quantity": 1} for sku in skus]
    return {"email": "ada@example.org", "shipping_address": ADDRESS, "lines": lines}


def pay_for_cart(line: Line, cart_id: int, token: str) -> None:
    """Start the checkout of a cart, and pay."""
    started = line.ask(build_request("POST", f"{API}/carts/{cart_id}/checkout", body=b"{}", token=token))
    lock_id = _number_in(started, b'"id":')
    body = json.dumps(PAYMENT).encode()
    line.ask(build_request("POST", f"{API}/checkouts/{lock_id}/process", body=body, token=token))


def _number_in(answer: bytes, name: bytes) -> int:
    """Read the first number of this name; cheaper than reading the whole answer."""
    return int(answer.partition(name)[2].partition(b",")[0])


def _ask(line: Line, request: bytes) -> None:
    line.ask(request)
