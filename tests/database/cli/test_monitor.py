"""`checkout monitor`: the Admin API's numbers, for people and for programs, once and again and again."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import update

from console.engine import CheckoutError, Payment, cancel, process
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop
from tests.support.commands import Run
from tests.support.installation import environment
from tests.support.processes import start_program
from tests.support.statistics import CONTRACT
from tests.support.workers import wait_for

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


def test_a_watch_goes_on_until_it_is_interrupted_and_ends_well(database_url: str, tmp_path: Path) -> None:
    words = ("flask", "--app", "wsgi", "checkout", "monitor", "--watch", "--every", "0.2", "--json")
    told = tmp_path / "told"
    environ = {"PATH": os.environ["PATH"], **environment(database_url, tmp_path)}
    watch = start_program(*words, environ=environ, log=told)
    wait_for(lambda: told.read_text().count("\n") >= 3)
    watch.send_signal(signal.SIGINT)

    assert watch.wait(30) == 0
    assert {json.loads(line)["hours"] for line in told.read_text().splitlines()} == {24}
