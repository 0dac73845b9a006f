"""What one checkout costs, in counts that no noise touches: `python -m bench.counts SKU SKU` in a shop's environment.

Buys the two products from that shop over and over, in this process, and prints as JSON what each of the three requests
costs. The shop's database must be on PostgreSQL and nobody else's, its user one who may load `pg_walinspect` and
`auto_explain`. Other databases of that server may be as busy as they like. Statements and commits are SQLAlchemy's, on
the shop's database; of the sandbox gateway the calls of Python count, what it sends to its ledger does not.

Everything is warm before it is counted. Where purchases differ a little (an index needs another page, answers of the
database come in two pieces), several are counted and the one in the middle is given.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import uuid4

import psycopg
from flask import Flask
from sqlalchemy import Engine

from bench.installation import ROOT
from bench.purchases import Buyer, Purchase, Watch
from bench.watches import LookUpWatch, StatementWatch, WalWatch, nothing, python_calls

_WARM_UP = 8  # psycopg prepares a statement that it has sent five times
_CALLS_OF = 5
_WAL_OF = 7
_MOST_TRIES = 300


def count_purchase(skus: Sequence[str], environ: dict[str, str]) -> Purchase:
    """Count in a process of its own, which shares nothing with this one; `environ` is the shop's."""
    command = [sys.executable, "-m", "bench.counts", *skus]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a purchase could not be counted:\n{done.stderr[-3000:]}")
    purchase: Purchase = json.loads(done.stdout)
    return purchase


def main() -> None:
    """Count, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.counts", description="Count what one checkout costs.")
    parser.add_argument("sku", nargs=2)
    skus = parser.parse_args().sku

    from console import create_app  # noqa: PLC0415 - only this process is a shop
    from console.extensions import cache, db  # noqa: PLC0415 - as above

    app = create_app()
    app.extensions["cache"][cache].key_prefix = f"counts-{uuid4().hex}:"  # others may use this Redis
    with app.app_context():
        engine = db.engine
    print(json.dumps(_count(app, engine, skus), indent=2))
    engine.dispose()


def _count(app: Flask, engine: Engine, skus: Sequence[str]) -> Purchase:
    buyer = Buyer(app, skus)
    for _ in range(_WARM_UP):
        buyer.buy(nothing)
    parts = [_middle(_buying(buyer, python_calls), "python_calls", of=_CALLS_OF)]
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as observer:
        parts.append(_middle(_without_images(_buying(buyer, WalWatch(observer))), "wal_bytes", of=_WAL_OF))
    parts += [buyer.buy(LookUpWatch(engine)), buyer.buy(StatementWatch(engine))]
    return {name: {key: part[name][key] for part in parts for key in part[name]} for name in parts[0]}


def _buying(buyer: Buyer, watch: Watch) -> Iterator[Purchase]:
    return (buyer.buy(watch) for _ in range(_MOST_TRIES))


def _without_images(purchases: Iterator[Purchase]) -> Iterator[Purchase]:
    """Leave out what a checkout just before made unlike the others."""
    for purchase in purchases:
        images = [counts.pop("wal_images") for counts in purchase.values()]
        if not any(images):
            yield purchase


def _middle(purchases: Iterator[Purchase], name: str, *, of: int) -> Purchase:
    """Give the purchase in the middle of so many, by one of its counts."""
    counted = sorted(islice(purchases, of), key=lambda purchase: sum(counts[name] for counts in purchase.values()))
    if len(counted) < of:
        raise RuntimeError(f"in {_MOST_TRIES} purchases, {len(counted)} could be counted")
    return counted[of // 2]


if __name__ == "__main__":
    main()
