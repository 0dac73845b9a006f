"""The first page of the console: its panels, each renewing itself, each failing alone."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from console.engine import Payment, cancel, process
from console.engine.errors import PaymentDeclined, PaymentPending
from console.extensions import db
from console.models import CheckoutLock
from console.telemetry import health
from console.testing.factories import VISA, Shop
from console.web.admin import panels
from console.web.admin.panels import PANELS
from tests.support.engine.slow_tables import locked_table, lose_patience, slow_table
from tests.support.web.cases import in_case
from tests.support.web.console_visits import Inlined
from tests.support.web.rows import edit
from tests.support.web.statements import statements

pytestmark = pytest.mark.databases("sqlite")


def panel(client: FlaskClient, name: str, **query: Any) -> str:
    answer = client.get(f"/admin/panels/{name}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def words_of(html: str) -> str:
    """Give a page's text, without its marks."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


@pytest.fixture
def history(session: Session, shop: Shop) -> list[CheckoutLock]:
    """Give out four checkouts: bought, declined, cancelled, and one that waits for its payment."""
    shop.sell()
    locks = [shop.checkout() for _ in range(4)]
    process(session, locks[0], payment=VISA)
    with pytest.raises(PaymentDeclined):
        process(session, locks[1], payment=Payment("card", "tok_declined"))
    cancel(session, locks[2])
    return locks


def test_the_page_holds_every_panel_and_asks_for_each_at_its_own_pace(viewer: FlaskClient) -> None:
    page = viewer.get("/admin/").text

    for each in PANELS.values():
        assert f'hx-get="/admin/panels/{each.name}?hours=24" hx-trigger="every {each.pace_seconds}s"' in page
    assert Inlined(page).found == []


def test_what_needs_attention_comes_first(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    assert "No checkout needs" in panel(viewer, "attention")
    shop.sell()
    lock = shop.checkout()
    edit(session, update(CheckoutLock).where(CheckoutLock.id == lock.id).values(needs_attention="Look at <it>."))

    page = viewer.get("/admin/").text

    assert "⚠ 1 checkout needs somebody" in words_of(page)
    assert "Look at &lt;it&gt;." in page
    assert page.index("needs_attention=true") < page.index('id="panel-health"')
    assert f"details/?id={lock.id}" in page


def test_live_checkouts_are_shown_where_they_wait(
    viewer: FlaskClient, session: Session, shop: Shop, history: list[CheckoutLock]
) -> None:
    silent = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, silent, payment=Payment("card", "tok_never_answers"))

    shown = panel(viewer, "pipeline")

    assert re.findall(r'href="[^"]*state=(\w+)">(\d+)<', shown) == [("pending", "1"), ("authorizing", "1")]
    assert len(re.findall("pipeline__name", shown)) == 9


def test_the_numbers_are_those_of_the_statistics(viewer: FlaskClient, history: list[CheckoutLock]) -> None:
    shown = words_of(panel(viewer, "numbers"))

    assert "Success rate 50.0 % ✕ missed: > 95 % 1 bought, 1 failed" in shown
    assert "Live now 1" in shown


def test_failures_are_links_to_the_filtered_list(viewer: FlaskClient, history: list[CheckoutLock]) -> None:
    shown = panel(viewer, "failures").replace("&amp;", "&")

    found = re.findall(r'href="([^"]+)">(\d+)</a>', shown)
    assert sorted(count for _, count in found) == ["1", "1"]
    assert [viewer.get(url).status_code for url, _ in found] == [200, 200]
    assert "phase=payment_authorization&outcome=declined" in shown


def test_the_throughput_is_drawn_and_told(viewer: FlaskClient, history: list[CheckoutLock]) -> None:
    shown = panel(viewer, "pace", hours=1)

    assert 'aria-label="1 bought and 2 ended otherwise in the last 1 h"' in shown
    assert shown.count("<g>") == 24
    assert shown.count("<title>0 bought, 0 otherwise</title>") in (22, 23)  # the minute may have turned between them


def test_the_health_is_told_with_words(viewer: FlaskClient) -> None:
    shown = words_of(panel(viewer, "health"))

    assert "✓ Database: OK the database answers" in shown
    assert "! Worker: Warning no worker was ever seen" in shown


def test_a_panel_that_fails_says_so_in_its_place_and_the_rest_lives_on(
    viewer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_hours: int) -> None:
        raise ArithmeticError("it went away")

    for name, whole in list(PANELS.items()):
        with in_case(name), monkeypatch.context() as broken:
            broken.setitem(panels.PANELS, name, dataclasses.replace(whole, read=fail))  # type: ignore[arg-type]

            page = viewer.get("/admin/")

            assert page.status_code == 200
            assert page.text.count("Not known.") == 1
            assert page.text.count('hx-trigger="every') == len(PANELS)
            assert "Not known." in panel(viewer, name)
            assert "went away" not in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_a_panel_whose_table_is_gone_fails_alone(viewer: FlaskClient, session: Session) -> None:
    session.execute(text("ALTER TABLE price_snapshots RENAME TO gone"))
    session.commit()
    try:
        shown = {name: panel(viewer, name) for name in PANELS}
    finally:
        session.execute(text("ALTER TABLE gone RENAME TO price_snapshots"))
        session.commit()

    assert [name for name, html in shown.items() if "Not known." in html] == ["numbers"]


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize(
    ("hinder", "timeouts_ms"), [(slow_table, {}), (locked_table, {"lock_timeout": 20})], ids=["slow", "locked"]
)
def test_a_panel_whose_table_gives_no_answer_fails_alone(
    app: APIFlask,
    viewer: FlaskClient,
    database_url: str,
    history: list[CheckoutLock],
    hinder: Callable[[str, str], AbstractContextManager[None]],
    timeouts_ms: dict[str, int],
) -> None:
    with app.app_context():
        lose_patience(db.engine, **timeouts_ms)

    with hinder(database_url, "price_snapshots"):
        page = viewer.get("/admin/")

    assert page.status_code == 200
    assert page.text.count("Not known.") == 1
    assert "Not known." in page.text[page.text.index('id="panel-numbers"') :]


def test_the_page_costs_the_same_however_much_there_is(
    app: APIFlask, viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "SAMPLED_SECONDS", 0)  # both pages check the invariants anew
    with statements(app) as for_none:
        viewer.get("/admin/")
    shop.sell(stock=100)
    for _ in range(12):
        process(shop.session, shop.checkout(), payment=VISA)
    with statements(app) as for_many:
        viewer.get("/admin/")

    # One statement for the durations' percentile comes with the first duration, one for the overdue with a due one.
    assert len(for_none) <= len(for_many) <= len(for_none) + 1


@pytest.mark.databases("sqlite", "postgresql")
def test_hours_that_are_none_are_refused(viewer: FlaskClient) -> None:
    paths = ("/admin/", "/admin/panels/pace", "/admin/checkout-locks/statistics")
    asked = [(path, hours) for path in paths for hours in ("0", "-1", "721", "x", "1.5", "9" * 5000, "\x00", "²")]

    answers = {(path, hours): viewer.get(path, query_string={"hours": hours}).status_code for path, hours in asked}

    assert answers == dict.fromkeys(asked, 422)


@pytest.mark.parametrize("name", ["nothing", "_failed", "../dashboard", "%00"])
def test_a_panel_that_is_none_is_not_found(viewer: FlaskClient, name: str) -> None:
    assert viewer.get(f"/admin/panels/{name}").status_code in (308, 404)
