"""Two shops on one Redis share nothing, and whoever writes into it runs nothing in ours."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from apiflask import APIFlask

from console.extensions import cache, limiter
from console.settings import load
from console.telemetry.traffic import CACHE_HITS, count, read_traffic
from tests.support.installation import build_app, close, environment
from tests.support.services import REDIS_URL

pytestmark = pytest.mark.databases("sqlite")


class Trap:
    """What runs something where it is unpickled."""

    sprung = False

    def __reduce__(self) -> Any:
        """Have the reader call us."""
        return Trap.spring, ()

    @staticmethod
    def spring() -> None:
        """Note that we were called."""
        Trap.sprung = True


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Callable[[], APIFlask]]:
    """Make shops, each with its own database, on one Redis."""
    apps = []

    def make() -> APIFlask:
        apps.append(build_app(f"sqlite:///{tmp_path}/{uuid4().hex}.sqlite3", tmp_path, REDIS_URL=REDIS_URL))
        return apps[-1]

    yield make
    with redis.Redis.from_url(REDIS_URL) as client:
        for app in apps:
            close(app)
            client.delete(*client.scan_iter(f"{prefix_of(app)}*"), "nothing")


def prefix_of(app: APIFlask) -> str:
    return str(app.extensions["checkout_settings"].redis_prefix)


def test_statuses_counts_and_limits_are_each_shop_s_own(open_shop: Callable[[], APIFlask]) -> None:
    ours = open_shop()
    with ours.app_context():
        cache.set("status/1", {"state": "pending"})
        count(CACHE_HITS)
        limiter.storage.incr("a customer", 60)

    with open_shop().app_context():
        seen = cache.get("status/1"), read_traffic(hours=1).cache_hits, limiter.storage.get("a customer")

    assert seen == (None, 0, 0)
    with redis.Redis.from_url(REDIS_URL) as client:
        assert len(list(client.scan_iter(f"{prefix_of(ours)}:*"))) == 3, "each key begins with the shop's own prefix"


def test_each_process_of_a_shop_has_the_same_prefix(tmp_path: Path) -> None:
    urls = [
        "postgresql://web:secret@db.example/shop",
        "postgresql://worker:other@db.example:5432/shop",
        "postgresql://web:secret@db.example/second",
        "postgresql://web:secret@other.example/shop",
    ]

    prefixes = [load(environment(url, tmp_path)).redis_prefix for url in urls]

    assert prefixes[0] == prefixes[1]
    assert len(set(prefixes)) == 3
    assert load(environment(urls[0], tmp_path, REDIS_PREFIX="shop-1")).redis_prefix == "shop-1"


def test_what_is_pickled_in_redis_is_not_run(open_shop: Callable[[], APIFlask]) -> None:
    app = open_shop()
    with redis.Redis.from_url(REDIS_URL) as client:
        for key, value in {"a": b"!" + pickle.dumps(Trap()), "b": pickle.dumps(Trap())}.items():
            client.set(f"{prefix_of(app)}:{key}", value)

        with app.app_context():
            assert cache.get_many("a", "b") == [None, None]

    assert not Trap.sprung


def test_what_is_pickled_in_the_cache_s_folder_is_not_run(database_url: str, tmp_path: Path) -> None:
    app = build_app(database_url, tmp_path)
    with app.app_context():
        cache.set("a", "stored")
        (stored,) = (path for path in (tmp_path / "cache").iterdir() if b"stored" in path.read_bytes())
        stored.write_bytes(struct.pack("I", 0) + pickle.dumps(Trap()))

        assert cache.get("a") is None

    close(app)
    assert not Trap.sprung
