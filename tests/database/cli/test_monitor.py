"""`checkout monitor`: the Admin API's numbers, for people and for programs, once and again and again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import update

from console.engine import CheckoutError, Payment, cancel, process
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop
from tests.support.commands import Run
from tests.support.installation import environment
from tests.support.places import ROOT
from tests.support.statistics import CONTRACT

pytestmark = pytest.mark.databases("sqlite")


def test_an_empty_shop_is_shown_without_inventing_anything(run: Run) -> None:
    ran = run("monitor")

    assert ran.code == 0
    assert "No checkout needs anybody's attention." in ran.out
    assert "Success rate" in ran.out
    assert "target > 95 %" in ran.out
    assert "by phase" not in ran.out


def test_the_numbers_of_a_shop_are_shown_to_people(run: Run, app: APIFlask, shop: Shop) -> None:
    bought, declined, cancelled, troubled = [shop.checkout() for _ in range(4)]
    with app.app_context():
        process(shop.session, bought, payment=VISA)
        with suppress(CheckoutError):
            process(shop.session, declined, payment=Payment("card", "tok_declined"))
        cancel(shop.session, cancelled)
    told = "The gateway did not answer [at all]."
    shop.session.execute(update(CheckoutLock).where(CheckoutLock.id == troubled.id).values(needs_attention=told))
    shop.session.commit()

    out = run("monitor", "--hours", "1").out

    assert "Checkouts, the last 1 hour" in out
    assert "50.0 %" in out
    assert "1 bought, 1 failed" in out
    assert "1 checkout needs somebody's attention" in out
    for word in (troubled.reference, told, "Not paid yet", "Declined", "Before payment", "Payment authorization"):
        assert word in out


def test_json_has_the_names_of_the_admin_api(run: Run, app: APIFlask, shop: Shop) -> None:
    with app.app_context():
        process(shop.session, shop.checkout(), payment=VISA)

    document = run("monitor", "--hours", "2", "--json").document

    assert CONTRACT - document.keys() == set()
    assert (document["hours"], document["completed"], document["success_rate"]) == (2, 1, 100.0)
    assert document["states"]["completed"] == 1


@pytest.mark.parametrize("hours", ["0", "721", "x"])
def test_a_window_that_is_none_is_a_usage_error(run: Run, hours: str) -> None:
    assert run("monitor", "--hours", hours).code == 2


def test_a_narrow_terminal_gets_narrow_lines(run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shop.checkout()

    assert max(len(line) for line in run("monitor").out.splitlines()) <= 80


@contextmanager
def watching(database_url: str, folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Watch in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "checkout", "monitor", "--watch", "--every", "0.2", *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment(database_url, folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()  # type: ignore[union-attr]


def test_a_watch_goes_on_until_it_is_interrupted_and_ends_well(database_url: str, tmp_path: Path) -> None:
    with watching(database_url, tmp_path, "--json") as watch:
        assert watch.stdout is not None
        documents = [json.loads(watch.stdout.readline()) for _ in range(3)]
        watch.send_signal(signal.SIGINT)

        assert watch.wait(30) == 0
        assert [document["hours"] for document in documents] == [24] * 3
