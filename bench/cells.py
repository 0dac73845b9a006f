"""The cells of the table: each a rate through HTTP beside the rate of what it is compared with, measured in turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.clients import Job, Measured, drive
from bench.floor import BareWriting
from bench.installation import Installation
from bench.shoppers import API, Buying, Reading, make_cart, pay_for_cart
from bench.usage import Meter, Usage, family_of
from bench.wire import Line, build_request

ROUNDS = 2  # each side's time is cut up, so that what else the machine does falls on both
_MS = 1000.0


@dataclass
class Side:
    """One side of a cell."""

    measured: Measured
    usage: Usage

    def as_document(self) -> dict[str, Any]:
        """Give its numbers: times in milliseconds, CPU per unit."""
        each = max(self.measured.done, 1)
        database = self.usage.database
        return {
            "per_second": self.measured.rate,
            "done": self.measured.done,
            "failed": len(self.measured.failures),
            "failures": self.measured.failures[:3],
            **{f"p{share}_ms": _MS * self.measured.quantile(share / 100) for share in (50, 95, 99)},
            "web_cpu_ms": _MS * self.usage.web / each,
            "database_cpu_ms": None if database is None else _MS * database / each,
            "driver_cpu_ms": _MS * self.measured.driver_cpu_seconds / each,
        }


@dataclass
class Cell:
    """A thing done by so many clients, and what it is compared with."""

    name: str
    clients: int
    own: Side
    floor: Side

    @property
    def ratio(self) -> float:
        """Tell how much of the floor's rate is reached."""
        return self.own.measured.rate / self.floor.measured.rate if self.floor.measured.rate else 0.0

    def as_document(self) -> dict[str, Any]:
        """Give its numbers."""
        sides = {"own": self.own.as_document(), "floor": self.floor.as_document()}
        return {"name": self.name, "clients": self.clients, "ratio": self.ratio, **sides}


@dataclass(frozen=True)
class Bench:
    """Measures on one installation: `port` is the shop's, `seconds` the time of each side of a cell."""

    installation: Installation
    port: int
    seconds: float

    def checkouts(self, *, clients: int, is_hot: bool) -> Cell:
        """Measure whole checkouts beside their rows written bare."""
        place = self.installation
        skus = tuple(level.sku for level in place.levels)
        floor = BareWriting(place.dsn(place.bare), place.levels, is_hot)
        name = "checkout, one hot SKU" if is_hot else "checkout, random SKUs"
        return self._compare(name, Buying(self.port, skus, is_hot), floor, clients=clients)

    def readings(self, *, clients: int, bare_port: int) -> Iterator[Cell]:
        """Measure the routes that only read beside one that does nothing."""
        nothing = Reading(bare_port, build_request("GET", "/bare"))
        for name, request in self._requests():
            yield self._compare(name, Reading(self.port, request), nothing, clients=clients)

    def _requests(self) -> Iterator[tuple[str, bytes]]:
        skus = [level.sku for level in self.installation.levels[:2]]
        with Line(self.port) as line:
            cart_id, token = make_cart(line, (skus[0], skus[1]))
            pay_for_cart(line, cart_id, token)
        yield "checkout-status", build_request("GET", f"{API}/carts/{cart_id}/checkout-status", token=token)
        yield "/products/{sku}", build_request("GET", f"{API}/products/{skus[0]}")
        yield "/readyz", build_request("GET", "/readyz")

    def _compare(self, name: str, own: Job, floor: Job, *, clients: int) -> Cell:
        sides = [Side(Measured(), Usage(0.0, 0.0)) for _ in range(2)]
        for _ in range(ROUNDS):
            for side, job in zip(sides, (own, floor), strict=True):
                self._take_turn(side, job, clients)
        return Cell(name, clients, *sides)

    def _take_turn(self, side: Side, job: Job, clients: int) -> None:
        meter = self._meter()
        before = meter.read()
        side.measured.add(drive(job, clients=clients, seconds=self.seconds / ROUNDS))
        side.usage = side.usage.plus(meter.read().since(before))

    def _meter(self) -> Meter:
        place = self.installation
        return Meter(
            lambda: [each for root in place.processes for each in family_of(root)], place.server_dsn, (place.shop,)
        )
