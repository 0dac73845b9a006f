"""Caches that keep JSON: whoever can write into Redis or the cache's folder cannot have us run what they wrote."""

from __future__ import annotations

from typing import Any

from cachelib.serializers import JSONSerializer
from flask_caching.backends import FileSystemCache, RedisCache


class _Json(JSONSerializer):
    def loads(self, bvalue: str | bytes | bytearray | None, *how: Any, **named: Any) -> Any:
        """Read a value; what is not there is None, and so is what is no JSON."""
        return None if bvalue is None else super().loads(bvalue, *how, **named)


class JsonRedisCache(RedisCache):
    """Flask-Caching's cache in Redis."""

    serializer = _Json()  # type: ignore[assignment]  # of one kind, says cachelib, whatever it writes


class JsonFileCache(FileSystemCache):
    """Flask-Caching's cache in a folder."""

    serializer = _Json()  # type: ignore[assignment]
