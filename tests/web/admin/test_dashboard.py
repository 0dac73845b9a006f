"""The first page of the console."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import cancel, process
from console.models import CheckoutLock
from console.web.admin import dashboard
from tests.factories import VISA, Shop


def counts_on(client: FlaskClient) -> dict[str, str]:
    page = client.get("/admin/").text
    return dict(re.findall(r'state=(\w+)">\s*<span class="tile__count">([^<]+)</span>', page))


def test_checkouts_are_counted_by_state(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    bought, cancelled, *_ = [shop.checkout() for _ in range(4)]
    process(session, bought, payment=VISA)
    cancel(session, cancelled)

    assert counts_on(viewer) == {
        "pending": "2",
        "locking_prices": "0",
        "authorizing": "0",
        "capturing": "0",
        "rolling_back": "0",
        "completed": "1",
        "failed": "1",
    }


def test_what_needs_attention_comes_first(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    assert "No checkout needs" in viewer.get("/admin/").text
    shop.sell()
    lock = shop.checkout()
    session.execute(update(CheckoutLock).where(CheckoutLock.id == lock.id).values(needs_attention="Look at it."))
    session.commit()

    page = viewer.get("/admin/").text

    assert re.search(r"1\s+checkout needs somebody", page)
    assert page.index("needs_attention=true") < page.index("tile__count")


def test_a_count_ends_at_its_cap(viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "CAP", 2)
    shop.sell()
    for _ in range(4):
        shop.checkout()

    assert counts_on(viewer)["pending"] == "2+"
