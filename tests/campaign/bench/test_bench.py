"""The benchmark works: it measures every cell, prints every column and leaves nothing behind. No time is asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from bench.report import COLUMNS, COUNTS, render
from tests.support.places import ROOT
from tests.support.services import REDIS_URL, SERVER_URL, postgresql_database

# However short the time is, each client does its thing once.
ARGUMENTS = ["--seconds", "0.2", "--clients", "2", "--catalogue", "20", "--json"]


def databases() -> set[str]:
    engine = create_engine(SERVER_URL)
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT datname FROM pg_database WHERE datname LIKE 'checkout_bench_%'"))
        found = set(names)
    engine.dispose()
    return found


def run_bench(folder: Path) -> dict[str, Any]:
    server = make_url(SERVER_URL).set(drivername="postgresql").render_as_string(hide_password=False)
    command = [sys.executable, "-m", "bench", *ARGUMENTS, "--server", server, "--redis", REDIS_URL]
    environ = os.environ | {"TMPDIR": str(folder), "WEB_CONCURRENCY": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture
def postgresql() -> None:
    """Leave the test out where there is no PostgreSQL."""
    with postgresql_database():
        pass


@pytest.mark.usefixtures("postgresql")
def test_a_short_run_measures_everything_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = databases()

    document = run_bench(tmp_path)

    measured = {cell["name"]: cell["own"]["done"] for cell in document["cells"]}
    assert measured.keys() == {
        "checkout, random SKUs",
        "checkout, one hot SKU",
        "checkout-status",
        "/products/{sku}",
        "/readyz",
    }
    assert all(measured.values())
    assert document["requests"]["process"]["commits"] == 3
    report = render(document)
    assert all(column in report for column in (*COLUMNS, *COUNTS.values()))
    assert not databases() - before
    assert list(tmp_path.iterdir()) == []
