"""What the settings mean to Flask and its extensions: one function for each, no side effects."""

from __future__ import annotations

from typing import Any

from console.engine.store.database import engine_options, normalise_url
from console.settings import Settings

# A Redis that hangs must cost a request a quarter of a second, not its answer.
REDIS_TIMEOUTS = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
_CACHES = "console.web.shared.json_caches"
MAX_BODY_BYTES = 2 * 1024 * 1024
HTMX_CDN_URL = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"


def flask_config(settings: Settings) -> dict[str, Any]:
    """Build the app's config: Flask's own keys and those its extensions read."""
    url = normalise_url(settings.database_url)
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_https(settings),
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": is_https(settings),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url, pooler=settings.database_pooler),
        **_limiter_config(settings),
        **_cache_config(settings),
    }


def is_https(settings: Settings) -> bool:
    """Tell whether the outside reaches this shop by HTTPS."""
    return str(settings.public_url).startswith("https://")


def security_headers(settings: Settings) -> dict[str, Any]:
    """Build what Talisman is told: a strict Content-Security-Policy, HTTPS where it can be told apart."""
    scripts = ["'self'", HTMX_CDN_URL] if settings.htmx_cdn else ["'self'"]
    return {
        # Without a trusted proxy's header each request looks like plain HTTP, and a redirect would never end.
        "force_https": is_https(settings) and settings.trusted_proxies > 0,
        "session_cookie_secure": is_https(settings),
        "frame_options": "DENY",
        "referrer_policy": "strict-origin-when-cross-origin",
        "content_security_policy": {
            "default-src": "'self'",
            "script-src": scripts,
            "img-src": ["'self'", "data:"],
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        },
    }


def _limiter_config(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_STRATEGY": "moving-window",
        "RATELIMIT_HEADERS_ENABLED": True,
        "RATELIMIT_KEY_PREFIX": "checkout",
    }
    if settings.redis_url:
        config["RATELIMIT_STORAGE_OPTIONS"] = {**REDIS_TIMEOUTS, "key_prefix": settings.redis_prefix}
        config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    return config


def _cache_config(settings: Settings) -> dict[str, Any]:
    if settings.redis_url:
        return {
            "CACHE_TYPE": f"{_CACHES}.JsonRedisCache",
            "CACHE_REDIS_URL": settings.redis_url,
            "CACHE_KEY_PREFIX": f"{settings.redis_prefix}:",
            "CACHE_OPTIONS": dict(REDIS_TIMEOUTS),
        }
    # No threshold: it would list and open the files at each write. CacheFolder takes the old ones away.
    folder = settings.instance_path / "cache"
    return {"CACHE_TYPE": f"{_CACHES}.JsonFileCache", "CACHE_DIR": str(folder), "CACHE_THRESHOLD": 0}
