"""What load balancers, orchestrators and pagers are told."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from apiflask import APIFlask
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.extensions import db
from console.models import Cart, OutboxEvent, WorkerHeartbeat
from console.models.types import clock
from console.testing.databases import PreparedDatabase
from console.testing.factories import Shop
from tests.support.engine.slow_tables import lose_patience, slow_table
from tests.support.installation import build_app, environment, migrate
from tests.support.places import ROOT
from tests.support.services import postgresql_database
from tests.support.web.database_line import line_to
from tests.support.web.raw_client import RawClient
from tests.support.web.statements import statements

NEW_CART = b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
NOBODY_LISTENS = "postgresql://postgres@127.0.0.1:1/none"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/shop.sqlite3"
        return
    with postgresql_database() as url:
        yield url


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., APIFlask]]:
    apps = []

    def make(database_url: str = NOBODY_LISTENS, **settings: str) -> APIFlask:
        apps.append(build_app(database_url, tmp_path, **settings))
        return apps[-1]

    yield make
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def add(app: APIFlask, *rows: Any) -> None:
    with app.app_context():
        db.session.add_all(rows)
        db.session.commit()


def checks_of(app: APIFlask) -> dict[str, Any]:
    return app.test_client().get("/health/checkout").get_json()["checks"]


def heartbeat(age: timedelta) -> WorkerHeartbeat:
    return WorkerHeartbeat(worker_id=secrets.token_hex(4), seen_at=datetime.now(UTC) - age)


def test_a_process_lives_even_where_there_is_no_database(make_app: Callable[..., APIFlask]) -> None:
    client = make_app().test_client()

    assert client.get("/livez").status_code == 200


def test_a_process_without_its_database_is_not_ready(make_app: Callable[..., APIFlask]) -> None:
    answer = make_app().test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json() == {"status": "unavailable", "message": "the database is out of reach"}


def test_a_process_is_ready_once_its_database_is_migrated(
    make_app: Callable[..., APIFlask], empty_database_url: str
) -> None:
    app = make_app(empty_database_url)
    before = app.test_client().get("/readyz")

    with app.app_context():
        flask_migrate.upgrade()
    after = make_app(empty_database_url).test_client().get("/readyz")

    assert (before.status_code, before.get_json()["message"]) == (503, "the database is not at the newest migration")
    assert (after.status_code, after.get_json()["status"]) == (200, "ready")


def test_probes_are_answered_by_plain_http_where_all_else_is_sent_to_https(make_app: Callable[..., APIFlask]) -> None:
    client = make_app(PUBLIC_URL="https://shop.example", TRUSTED_PROXIES="1").test_client()

    assert client.get("/livez").status_code == 200
    assert client.get("/").location.startswith("https://")


def test_a_fresh_shop_is_degraded_for_want_of_a_worker_only(app: APIFlask) -> None:
    answer = app.test_client().get("/health/checkout")

    health = answer.get_json()
    assert (answer.status_code, health["status"]) == (200, "degraded")
    assert datetime.fromisoformat(health["timestamp"]).utcoffset() == timedelta(0)
    assert {name: check["status"] for name, check in health["checks"].items()} == {
        "database": "ok",
        "expired_locks": "ok",
        "stuck_checkouts": "ok",
        "worker": "warning",
        "events": "ok",
        "invariants": "ok",
        "redis": "ok",
        "disk": "ok",
    }
    assert all(check["message"] for check in health["checks"].values())
    assert (health["checks"]["expired_locks"]["count"], health["checks"]["stuck_checkouts"]["count"]) == (0, 0)


@pytest.mark.parametrize(
    ("age", "status", "count"),
    [(timedelta(seconds=5), "ok", 1), (timedelta(seconds=20), "error", 0)],
)
def test_a_worker_is_missed_after_three_beats(app: APIFlask, age: timedelta, status: str, count: int) -> None:
    add(app, heartbeat(age), heartbeat(timedelta(days=30)))

    worker = checks_of(app)["worker"]

    assert (worker["status"], worker["count"]) == (status, count)


@pytest.mark.parametrize(("age_seconds", "status"), [(10, "ok"), (600, "warning")])
def test_events_that_nobody_was_told_of_for_minutes_are_missed(
    app: APIFlask, session: Session, shop: Shop, age_seconds: float, status: str
) -> None:
    shop.sell()
    shop.checkout()
    written = update(OutboxEvent).where(OutboxEvent.delivered_at.is_(None)).values(created_at=clock(-age_seconds))
    told = session.execute(written).rowcount
    session.commit()

    events = checks_of(app)["events"]

    assert (events["status"], events["count"]) == (status, told)
    assert told > 0


def test_a_disk_that_takes_no_writes_makes_the_shop_unhealthy(
    make_app: Callable[..., APIFlask], prepared_sqlite: PreparedDatabase, tmp_path: Path
) -> None:
    instance = tmp_path / "instance"
    app = make_app(prepared_sqlite.fresh(tmp_path), INSTANCE_PATH=str(instance))
    shutil.rmtree(instance)

    answer = app.test_client().get("/health/checkout")

    assert (answer.status_code, answer.get_json()["checks"]["disk"]["status"]) == (503, "error")


def test_a_broken_invariant_makes_the_shop_unhealthy(app: APIFlask) -> None:
    add(app, heartbeat(timedelta()), Cart(currency_code="GBP", lock_id=99))  # held by a checkout that is not there

    answer = app.test_client().get("/health/checkout")

    assert (answer.status_code, answer.get_json()["status"]) == (503, "unhealthy")
    assert answer.get_json()["checks"]["invariants"]["status"] == "error"
    assert answer.get_json()["checks"]["invariants"]["count"] == 1


def test_however_often_health_is_asked_the_invariants_are_checked_once(app: APIFlask) -> None:
    with statements(app) as first:
        checks_of(app)
    with statements(app) as again:
        checks_of(app)

    assert any("FROM carts" in statement for statement in first)
    assert not any("FROM carts" in statement for statement in again)


@pytest.mark.databases("sqlite")
def test_a_redis_out_of_reach_degrades_and_no_more(make_app: Callable[..., APIFlask], database_url: str) -> None:
    app = make_app(database_url, REDIS_URL="redis://127.0.0.1:1/0")
    add(app, heartbeat(timedelta()))

    answer = app.test_client().get("/health/checkout")

    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert answer.get_json()["checks"]["redis"]["status"] == "warning"


def test_without_a_database_every_check_is_still_named(make_app: Callable[..., APIFlask]) -> None:
    answer = make_app().test_client().get("/health/checkout")

    health = answer.get_json()
    assert (answer.status_code, health["status"]) == (503, "unhealthy")
    assert health["checks"]["redis"]["status"] == "ok"
    assert health["checks"]["disk"]["status"] == "ok"
    outside = ("redis", "disk")
    assert {check["status"] for name, check in health["checks"].items() if name not in outside} == {"error"}


@pytest.mark.databases("postgresql")
def test_a_check_that_takes_too_long_warns_and_stops_no_other(app: APIFlask, shop: Shop, database_url: str) -> None:
    shop.sell()  # where there is no stock nobody need look at what is reserved of it
    shop.session.commit()
    add(app, heartbeat(timedelta()))
    with app.app_context():
        lose_patience(db.engine)

    with slow_table(database_url, "stock_reservations"):
        checks = checks_of(app)

    assert {name for name, check in checks.items() if check["status"] != "ok"} == {"invariants"}
    assert checks["invariants"]["status"] == "warning"
    assert "took too long" in checks["invariants"]["message"]


@contextmanager
def web_server(database_url: str, folder: Path, **settings: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {"PATH": os.environ["PATH"]} | environment(database_url, folder, PORT=str(port), **settings)
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
    server = subprocess.Popen(gunicorn, cwd=ROOT, env=environ)
    try:
        wait_for(lambda: status_of(port, "/livez") == 200)
        yield port
    finally:
        server.kill()
        server.wait()


def status_of(port: int, path: str, *, within_seconds: float = 10) -> int | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=within_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def wait_for(is_so: Callable[[], bool], *, at_most_seconds: float = 30) -> None:
    deadline = time.monotonic() + at_most_seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.05)


def test_probes_are_answered_within_a_second_while_the_database_hangs_with_every_thread(tmp_path: Path) -> None:
    with postgresql_database() as url, line_to(url) as (line_url, line):
        migrate(url, tmp_path)

        with web_server(line_url, tmp_path, WEB_THREADS="2") as port:
            wait_for(lambda: status_of(port, "/readyz") == 200)
            line.hang()
            for _ in range(4):  # twice as many as there are threads
                threading.Thread(target=status_of, args=[port, "/health/checkout"], daemon=True).start()

            wait_for(lambda: status_of(port, "/readyz", within_seconds=1) == 503)
            assert status_of(port, "/livez", within_seconds=1) == 200
            assert status_of(port, "/health/checkout", within_seconds=1) is None

            line.flow()
            wait_for(lambda: status_of(port, "/readyz", within_seconds=1) == 200)


def test_a_process_says_when_no_request_could_be_served_for_some_seconds(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.sqlite3"
    migrate(url, tmp_path)

    with (
        web_server(url, tmp_path, WEB_THREADS="1") as port,
        closing(sqlite3.connect(tmp_path / "shop.sqlite3")) as rival,
    ):
        rival.execute("BEGIN IMMEDIATE")  # who wants to write waits
        with RawClient(port) as shopper:
            shopper.sendall(NEW_CART)
            wait_for(lambda: status_of(port, "/readyz") == 503)
            assert status_of(port, "/livez") == 200

            rival.rollback()
            assert shopper.read().status == 201
        wait_for(lambda: status_of(port, "/readyz") == 200)
