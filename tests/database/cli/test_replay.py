"""`checkout replay`: a week of invoices through the whole checkout, by one process and by several."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from console.extensions import db
from console.models import CheckoutLock, Order, OrderLine
from console.models.types import clock
from console.testing.databases import PreparedDatabase
from tests.support.commands import Run
from tests.support.installation import build_app, environment
from tests.support.invoices import GOODS_INVOICES, HEADER, Week, line, write_csv, write_week
from tests.support.processes import start_program


@pytest.fixture
def week(tmp_path: Path) -> Week:
    return write_week(tmp_path)


def orders(app: APIFlask) -> dict[str, tuple[Any, ...]]:
    """Read what was bought, without what is drawn by lot: numbers, ids and times."""
    lines = select(Order.external_reference, OrderLine.sku, OrderLine.quantity, OrderLine.unit_price, OrderLine.total)
    query = lines.join(Order, Order.id == OrderLine.order_id).where(Order.status == "paid").order_by(OrderLine.id)
    bought: dict[str, tuple[Any, ...]] = {}
    with app.app_context(), Session(db.engine) as session:
        for number, *line in session.execute(query):
            bought[number] = (*bought.get(number, ()), tuple(line))
    return bought


def sub_totals(app: APIFlask) -> dict[str, int]:
    with app.app_context(), Session(db.engine) as session:
        return dict(session.execute(select(Order.external_reference, Order.sub_total)).tuples().all())


def test_every_goods_invoice_becomes_one_paid_order_to_the_penny(run: Run, app: APIFlask, week: Week) -> None:
    run("import-catalog", week.skus)

    ran = run("replay", week.invoices)

    assert ran.code == 0, ran.out + ran.err
    assert f"Bought {GOODS_INVOICES} in" in ran.out
    assert "3  no goods line left" in ran.out
    assert "Doctor: everything holds." in ran.out
    assert sub_totals(app) == week.sums


def test_several_workers_buy_the_same_as_one(
    run: Run, app: APIFlask, week: Week, prepared_sqlite: PreparedDatabase, tmp_path: Path
) -> None:
    run("import-catalog", week.skus)
    assert run("replay", week.invoices, "--workers", "3").code == 0

    (tmp_path / "alone").mkdir()
    alone = _build_alone(prepared_sqlite, tmp_path / "alone")
    runner = alone.test_cli_runner()
    for words in (["import-catalog", str(week.skus)], ["replay", str(week.invoices)]):
        assert runner.invoke(args=["checkout", *words]).exit_code == 0

    assert orders(app) == orders(alone)
    assert len(orders(app)) == GOODS_INVOICES


def _build_alone(prepared: PreparedDatabase, folder: Path) -> APIFlask:
    return build_app(prepared.fresh(folder), folder)


def test_the_report_as_json_is_one_document(run: Run, week: Week) -> None:
    run("import-catalog", week.skus)

    document = run("replay", week.invoices, "--json").document

    assert (document["bought"], document["refused"], document["failed"]) == (GOODS_INVOICES, {}, 0)
    assert document["skipped_invoices"] == {"no goods line left": 3, "cancellation": 1, "country unknown": 1}
    assert document["skipped_lines"]["broken line"] == len(document["broken_lines"]) == 2
    assert set(document["durations"]) == {"p50", "p95", "p99"}
    assert document["doctor"]["clean"] is True


def test_no_line_whatever_it_says_ends_the_run(run: Run, app: APIFlask, week: Week, tmp_path: Path) -> None:
    run("import-catalog", week.skus)
    rows = [
        HEADER,
        line(1, "22752", at="2026-03-28 08:26"),
        line(2, "22752", at="2026-03-29T08:26:00Z"),
        line(3, "22752", customer="a" * 300),
        line(4, "22752", customer="a" * 200),
        line(5, "22752", country="Atlantis"),
        line(6, "22752", quantity=100_001),
        line(7, "22752", quantity=100_000, price="9999999999.99"),
        line("e\u0301", "22752"),
        line(8, "1" * 64),
        line(9, "22752", country="Kosovo"),
        line("9" * 64, "22752", at="9999-12-31T23:59:59"),
    ]

    ran = run("replay", write_csv(tmp_path / "odd.csv", rows), "--json")

    document = ran.document
    assert (ran.code, document["failed"], document["failures"]) == (0, 0, [])
    assert set(orders(app)) == {"1", "2", "4", "9", "é", "9" * 64}
    assert document["unknown_countries"] == {"Atlantis": 1}
    assert [bad["line"] for bad in document["broken_lines"]] == [4, 8]
    skipped = {"country unknown": 1, "SKU not in the catalogue": 1, "no goods line left": 1}
    assert document["skipped_invoices"] == skipped
    assert document["refused"] == {"invalid": 1}


def test_a_second_replay_skips_what_was_bought(run: Run, app: APIFlask, week: Week) -> None:
    run("import-catalog", week.skus)
    run("replay", week.invoices, "--limit", "10")

    document = run("replay", week.invoices, "--json").document

    assert document["bought"] == GOODS_INVOICES - 10
    assert document["skipped_invoices"]["bought already"] == 10
    assert sub_totals(app) == week.sums


def test_scarce_stock_is_refused_by_sku_and_breaks_no_rule(run: Run, week: Week) -> None:
    run("import-catalog", week.skus, "--stock", "12")

    ran = run("replay", week.invoices, "--workers", "2", "--json")

    document = ran.document
    assert ran.code == 0
    assert 0 < document["bought"] < GOODS_INVOICES
    assert document["refused"] == {"out_of_stock": GOODS_INVOICES - document["bought"]}
    assert document["short_skus"]
    assert document["doctor"]["clean"] is True


def test_goods_that_are_not_in_the_catalogue_are_skipped_by_name(run: Run, week: Week) -> None:
    document = run("replay", week.invoices, "--limit", "1", "--json").document

    assert document["bought"] == 0
    assert document["skipped_invoices"]["SKU not in the catalogue"] == 1
    assert document["unknown_skus"]


def test_baskets_are_bought_at_the_sku_files_prices(run: Run, app: APIFlask, week: Week, tmp_path: Path) -> None:
    run("import-catalog", week.skus)
    baskets = write_csv(tmp_path / "baskets.csv", [("22752", "71053", "22752"), ("POST",), ("99999", "21730")])

    document = run("replay", baskets, "--skus", week.skus, "--json").document

    assert document["bought"] == 2
    assert sub_totals(app) == {"basket-1": 1800, "basket-3": 600}


def test_speed_and_baskets_do_not_go_together(run: Run, week: Week) -> None:
    assert run("replay", week.invoices, "--skus", week.skus, "--speed", "60").code == 2


def test_a_file_of_something_else_is_told_in_one_line(run: Run, week: Week) -> None:
    ran = run("replay", week.skus)

    assert (ran.code, ran.out) == (1, "")
    assert "the header lacks 'invoice'" in ran.err


def test_a_killed_replay_is_taken_up_where_it_was(
    run: Run, app: APIFlask, week: Week, database_url: str, tmp_path: Path
) -> None:
    run("import-catalog", week.skus)
    words = ("flask", "--app", "wsgi", "checkout", "replay", str(week.invoices), "--workers", "2")
    environ = {"PATH": os.environ["PATH"], **environment(database_url, tmp_path)}
    replay = start_program(*words, environ=environ, log=tmp_path / "replay.log")
    _wait_for_an_order(app)
    os.killpg(replay.pid, signal.SIGKILL)
    replay.wait(10)
    _let_leases_run_out(app)

    ran = run("replay", week.invoices, "--workers", "2")

    assert ran.code == 0, ran.out + ran.err
    assert sub_totals(app) == week.sums


def _let_leases_run_out(app: APIFlask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        held = update(CheckoutLock).where(CheckoutLock.lease_until.is_not(None))
        connection.execute(held.values(lease_until=clock(-1)), execution_options={"checkout_writes": True})


def _wait_for_an_order(app: APIFlask) -> None:
    deadline = time.monotonic() + 60
    with app.app_context():
        while time.monotonic() < deadline:
            with db.engine.connect() as connection:
                if connection.scalar(select(func.count()).select_from(Order).where(Order.status == "paid")):
                    return
            time.sleep(0.02)
    pytest.fail("the replay bought nothing")
