"""The cache of how the buying of each cart stands, dropped after every commit that changes it.

Each cart that somebody reads has a generation, a random word that every such commit takes away. A reader takes the
generation before it looks into the database, a new one where there is none, and stores its answer with it; an answer
counts only under the generation of the moment. So a reader that comes late can never bring an old answer back: its
generation is gone.
"""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, has_app_context
from redis.exceptions import RedisError

from console.engine.store.signals import checkout_changed
from console.extensions import cache
from console.telemetry.traffic import CACHE_HITS, CACHE_MISSES, count
from console.web.shared.cache_folder import CacheFolder

_KEY = "checkout_status_cache"
# A generation outlives every answer stored under it: answers are kept for an hour at most.
GENERATION_SECONDS = 2 * 3600
OUTAGES = (RedisError, OSError)

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class StatusCache:
    """The statuses of one app's carts. With the cache's storage gone, nothing is found and nothing fails."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._is_out = False
        folder = app.config.get("CACHE_DIR")
        self._folder = CacheFolder(folder, keep_seconds=GENERATION_SECONDS) if folder else None
        checkout_changed.connect(self.drop)  # weakly: ends with the app that keeps this object

    def find(self, cart_id: int) -> tuple[dict[str, Any] | None, str]:
        """Find what is known of a cart, and the generation to store the answer with when nothing is."""
        keys = _generation_key(cart_id), _answer_key(cart_id)
        generation, stored = self._attempt(lambda: cache.get_many(*keys)) or (None, None)
        if generation is not None and stored is not None and stored["generation"] == generation:
            count(CACHE_HITS)
            answer: dict[str, Any] = stored["answer"]
            return answer, generation
        count(CACHE_MISSES)
        return None, generation or self._begin(cart_id)

    def store(self, cart_id: int, answer: dict[str, Any], *, generation: str, seconds: int) -> None:
        """Keep an answer for so many seconds, at most an hour; 0 keeps nothing.

        `generation` is the one that `find` gave out before the database was read.
        """
        if seconds > 0:
            stored = {"generation": generation, "answer": answer}
            self._attempt(lambda: cache.set(_answer_key(cart_id), stored, timeout=seconds))
            if self._folder is not None:
                self._folder.note_write()

    def drop(self, _sender: Any, *, cart_id: int, **_facts: Any) -> None:
        """Forget what was known of a cart: a commit changed it."""
        app = self._app()
        if app is None:
            return
        # Within a request its context does: one of its own would cost as much as the call to the cache.
        with nullcontext() if has_app_context() and current_app == app else app.app_context():
            self._attempt(lambda: cache.delete(_generation_key(cart_id)))

    def _begin(self, cart_id: int) -> str:
        generation = secrets.token_hex(8)
        self._attempt(lambda: cache.set(_generation_key(cart_id), generation, timeout=GENERATION_SECONDS))
        return generation

    def _attempt(self, use: Callable[[], Result]) -> Result | None:
        """Use the cache; when its storage is gone say so once, and do without."""
        try:
            result = use()
        except OUTAGES as error:
            if not self._is_out:
                log.warning("status_cache_out", reason=str(error))
            self._is_out = True
            return None
        self._is_out = False
        return result


def register(app: Flask) -> None:
    """Give an app its cache of statuses."""
    app.extensions[_KEY] = StatusCache(app)


def status_cache(app: Flask) -> StatusCache:
    """Hand out an app's cache of statuses."""
    found: StatusCache = app.extensions[_KEY]
    return found


def _generation_key(cart_id: int) -> str:
    return f"status-generation:{cart_id}"


def _answer_key(cart_id: int) -> str:
    return f"status:{cart_id}"
