"""Settings of the web server: where it listens, how the outside reaches it, how many serve."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from console.settings.kinds import BOOLEAN, TEXT, number, url, whole
from console.settings.setting import Computed, Setting


def _default_public_url(values: Mapping[str, Any]) -> str:
    host = values["HOST"]
    return f"http://{f'[{host}]' if ':' in host else host}:{values['PORT']}"


def _default_concurrency(values: Mapping[str, Any]) -> int:
    return 2 * (os.cpu_count() or 1) if values["REDIS_URL"] else 1


SETTINGS: tuple[Setting, ...] = (
    Setting("HOST", TEXT, "127.0.0.1", "address the web server listens on"),
    Setting("PORT", whole(1, 65535), 8000, "port the web server listens on"),
    Setting(
        "PUBLIC_URL",
        url("http", "https"),
        Computed("http://HOST:PORT", _default_public_url),
        "how the outside reaches this shop: links, return from 3-D Secure, webhooks",
    ),
    Setting(
        "WEB_CONCURRENCY",
        whole(1, 256),
        Computed("1; with REDIS_URL twice the cores", _default_concurrency),
        "web worker processes",
        "processes",
    ),
    Setting("WEB_THREADS", whole(1, 256), 8, "threads of each web worker", "threads"),
    Setting(
        "GUNICORN_KEEPALIVE", whole(0, 3600), 75, "how long an idle connection is kept open; 0: not at all", "seconds"
    ),
    Setting("CHECKOUT_HEADER_TIMEOUT", number(0.1, 300), 10, "how long the head of a request may take", "seconds"),
    Setting(
        "CHECKOUT_BODY_TIMEOUT",
        number(0.1, 3600),
        30,
        "how long a body may take that comes slower than 4096 bytes a second, and a client be silent in between",
        "seconds",
    ),
    Setting("TRUSTED_PROXIES", whole(0, 10), 0, "proxies in front whose X-Forwarded-… headers count", "hops"),
    Setting("HTMX_CDN", BOOLEAN, False, "load htmx from its CDN instead of from here"),
)
