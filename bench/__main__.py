"""`python -m bench`: measures, prints, takes everything away again."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

from bench.baskets import replay_baskets
from bench.cells import Bench, Cell
from bench.clients import drive
from bench.counts import count_purchase
from bench.installation import Installation, installed, serving
from bench.report import render
from bench.shoppers import Buying

SERVER_URL = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS_URL = "redis://127.0.0.1:6379/8"
READERS = 4
_PARTS = ("counts", "random", "hot", "reads")


def main() -> int:
    """Measure; give the exit code: 1 when anything failed that was measured."""
    options = _read_options()
    shop = installed(options.server, redis_url=options.redis, skus=options.catalogue, ledger=options.ledger)
    with shop as installation:
        document = measure(installation, options)
    print(json.dumps(document, indent=2) if options.json else render(document))
    return int(any(cell[side]["failed"] for cell in document["cells"] for side in ("own", "floor")))


def measure(installation: Installation, options: argparse.Namespace) -> dict[str, Any]:
    """Take all measurements on an installation."""
    skus = [level.sku for level in installation.levels[:2]]
    return {
        "conditions": _conditions(installation, options),
        "requests": count_purchase(skus, installation.environ) if "counts" in options.only else {},
        "cells": _measure_cells(installation, options) if options.only != ("counts",) else [],
        "baskets": list(_replays(installation, options)),
    }


def _measure_cells(installation: Installation, options: argparse.Namespace) -> list[dict[str, Any]]:
    with serving(installation, "wsgi:app") as port:
        bench = Bench(installation, port, options.seconds)
        _warm_up(bench, max(options.clients))
        return [cell.as_document() for cell in _told(_cells(bench, options))]


def _cells(bench: Bench, options: argparse.Namespace) -> Iterator[Cell]:
    wanted = [part for part in ("random", "hot") if part in options.only]
    for part, clients in product(wanted, options.clients):
        yield bench.checkouts(clients=clients, is_hot=part == "hot")
    if "reads" in options.only:
        with serving(bench.installation, "bench.bare:app") as bare_port:
            yield from bench.readings(clients=READERS, bare_port=bare_port)


def _told(cells: Iterator[Cell]) -> Iterator[Cell]:
    for cell in cells:
        print(f"{cell.name}, {cell.clients} clients: {cell.ratio:.3f} of the floor", file=sys.stderr, flush=True)
        yield cell


def _warm_up(bench: Bench, clients: int) -> None:
    """Have every process connected and every statement built before anything counts."""
    skus = tuple(level.sku for level in bench.installation.levels)
    drive(Buying(bench.port, skus), clients=clients, seconds=min(bench.seconds, 3.0))


def _replays(installation: Installation, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    if options.baskets:
        for clients in options.clients:
            yield replay_baskets(
                installation, options.baskets, skus=options.skus, clients=clients, limit=options.basket_limit
            )


def _conditions(installation: Installation, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "ledger": options.ledger,
        "redis": "yes" if installation.has_redis else "no",
        "seconds_per_side": options.seconds,
        "products": len(installation.levels),
    }


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure checkouts beside their bare rows.")
    environ = os.environ
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument(
        "--seconds", type=float, default=float(environ.get("BENCH_SECONDS") or 8), help="per side of a cell"
    )
    parser.add_argument("--clients", type=_numbers, default=(1, 4, 16), help="how many at once, such as 1,4,16")
    parser.add_argument("--only", type=_parts, default=_PARTS, help="of counts,random,hot,reads")
    parser.add_argument("--catalogue", type=int, default=1000, help="products of the shop")
    parser.add_argument("--ledger", choices=("sqlite", "postgresql"), default="sqlite", help="of the sandbox gateway")
    parser.add_argument(
        "--server", default=environ.get("BENCH_DATABASE_URL") or SERVER_URL, help="PostgreSQL's address"
    )
    parser.add_argument("--redis", default=environ.get("BENCH_REDIS_URL") or REDIS_URL, help="used if empty")
    parser.add_argument("--baskets", default=environ.get("BASKETS"), help="a file of real baskets, for the replay")
    parser.add_argument("--skus", default=environ.get("SKUS"), help="the products of the baskets")
    parser.add_argument("--basket-limit", type=int, default=300, help="only the first so many baskets")
    options = parser.parse_args()
    if options.baskets and not options.skus:
        parser.error("--baskets needs --skus")
    return options


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := set(parts) - set(_PARTS):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return parts


if __name__ == "__main__":
    sys.exit(main())
