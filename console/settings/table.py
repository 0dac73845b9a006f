"""The one table of settings: name, kind, default, help and unit of each."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.settings import secret_key
from console.settings.kinds import (
    BOOLEAN,
    CURRENCY,
    DATABASE_URL,
    DIRECTORY,
    EMAIL,
    GATEWAY,
    RATE_LIMIT,
    TEXT,
    Kind,
    choice,
    number,
    url,
    whole,
)

WEEK_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class Computed:
    """A default that depends on other settings; `compute` may raise ValueError with the reason."""

    text: str
    compute: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Setting:
    """One row of the table. An empty string in the environment means unset, unless `empty_counts`."""

    name: str
    kind: Kind
    default: Any
    help: str
    unit: str = ""
    secret: bool = False
    empty_counts: bool = False

    @property
    def default_text(self) -> str:
        """Word the default for people."""
        if isinstance(self.default, Computed):
            return self.default.text
        return word(self.default)

    def default_value(self, values: Mapping[str, Any]) -> Any:
        """Work the default out from the settings before it in the table.

        Raises: ValueError when there is none to be had.
        """
        if isinstance(self.default, Computed):
            return self.default.compute(values)
        if self.kind is DIRECTORY:
            return self.kind.read(self.default)
        return self.default


def word(value: Any) -> str:
    """Write a setting's value for people, as the environment would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _file_url(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda values: f"sqlite:///{values['INSTANCE_PATH'] / name}"


def _default_secret_key(values: Mapping[str, Any]) -> str:
    if not (values["DEMO"] or values["FLASK_DEBUG"]):
        raise ValueError("is required: at least 32 random characters")
    return secret_key.kept_key(values["INSTANCE_PATH"])


def _default_webhook_secret(values: Mapping[str, Any]) -> str:
    return hmac.new(values["SECRET_KEY"].encode(), b"sandbox webhooks", hashlib.sha256).hexdigest()


def _default_public_url(values: Mapping[str, Any]) -> str:
    host = values["HOST"]
    return f"http://{f'[{host}]' if ':' in host else host}:{values['PORT']}"


def _default_concurrency(values: Mapping[str, Any]) -> int:
    return 2 * (os.cpu_count() or 1) if values["REDIS_URL"] else 1


# Order matters only in that a computed default comes after what it is computed from.
TABLE: tuple[Setting, ...] = (
    Setting("FLASK_DEBUG", BOOLEAN, False, "Flask's debug mode: readable logs, no SECRET_KEY needed"),
    Setting("DEMO", BOOLEAN, False, "a demo shop: a random SECRET_KEY is kept in INSTANCE_PATH"),
    Setting("INSTANCE_PATH", DIRECTORY, "instance", "where files of this installation are kept"),
    Setting(
        "DATABASE_URL",
        DATABASE_URL,
        Computed("a SQLite file in INSTANCE_PATH", _file_url("checkout.sqlite3")),
        "the shop's database; PostgreSQL is reached by psycopg 3",
    ),
    Setting(
        "DATABASE_POOLER",
        choice("none", "transaction"),
        "none",
        "transaction: behind a pooler that hands out connections per transaction",
    ),
    Setting(
        "SANDBOX_GATEWAY_DATABASE_URL",
        DATABASE_URL,
        Computed("a SQLite file of its own in INSTANCE_PATH", _file_url("sandbox.sqlite3")),
        "the sandbox gateway's own ledger",
    ),
    Setting("REDIS_URL", url("redis", "rediss"), None, "unset: rate limits and cache in process"),
    Setting(
        "SECRET_KEY",
        TEXT,
        Computed("none; random in debug and demo", _default_secret_key),
        "signs sessions and forms; a weak one is refused",
        secret=True,
    ),
    Setting(
        "SANDBOX_WEBHOOK_SECRET",
        TEXT,
        Computed("derived from SECRET_KEY", _default_webhook_secret),
        "signs the sandbox gateway's webhooks",
        secret=True,
    ),
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
    Setting("TRUSTED_PROXIES", whole(0, 10), 0, "proxies in front whose X-Forwarded-… headers count", "hops"),
    Setting("HTMX_CDN", BOOLEAN, False, "load htmx from its CDN instead of from here"),
    Setting("METRICS_TOKEN", TEXT, None, "bearer token that /metrics asks for", secret=True),
    Setting("MAIL_URL", url("smtp", "smtps"), None, "mail server; unset: .eml files in mail/ of INSTANCE_PATH"),
    Setting("MAIL_FROM", EMAIL, "checkout@localhost", "sender of all mail"),
    Setting("CHECKOUT_CURRENCY", CURRENCY, "GBP", "currency of a cart that names none"),
    Setting("CHECKOUT_TTL_MINUTES", whole(1, WEEK_MINUTES), 15, "how long a checkout may take", "minutes"),
    Setting("CHECKOUT_MAX_TTL_MINUTES", whole(1, WEEK_MINUTES), 60, "the longest a caller may ask for", "minutes"),
    Setting(
        "CHECKOUT_CLEANUP_INTERVAL",
        number(0.1, 1440),
        5,
        "time between two sweeps of due checkouts",
        "minutes",
    ),
    Setting("CHECKOUT_RESERVE_ON_START", BOOLEAN, False, "reserve stock and lock prices at the start already"),
    Setting("CHECKOUT_PRICES_INCLUDE_TAX", BOOLEAN, False, "catalogue prices already include tax"),
    Setting(
        "CHECKOUT_PRICE_DRIFT_TOLERANCE",
        whole(0, 10**9),
        1,
        "price drift that raises no event",
        "minor units",
    ),
    Setting("CHECKOUT_PREVENT_CONCURRENT", BOOLEAN, True, "refuse a second session of a cart in checkout"),
    Setting("CHECKOUT_ENABLE_CART_PROTECTION", BOOLEAN, True, "switch of the protecting decorator and mixin"),
    Setting(
        "CHECKOUT_RATE_LIMIT",
        RATE_LIMIT,
        "5 per minute",
        "limit shared by start, process and resume, per customer or address; empty: off",
        empty_counts=True,
    ),
    *(
        Setting(
            f"CHECKOUT_RATE_LIMIT_{call.upper()}",
            RATE_LIMIT,
            None,
            f"limit of {call} alone, in the place of CHECKOUT_RATE_LIMIT; empty: off",
            empty_counts=True,
        )
        for call in ("start", "process", "resume")
    ),
    Setting(
        "CHECKOUT_STATUS_CACHE_SECONDS",
        whole(0, 3600),
        30,
        "how long a checkout's status is cached",
        "seconds",
    ),
    Setting("CHECKOUT_COUNT_CACHE_SECONDS", whole(0, 3600), 60, "how long counts of lists are cached", "seconds"),
    Setting("CHECKOUT_LOGGING_ENABLED", BOOLEAN, True, "log what checkouts do"),
    Setting("CHECKOUT_LOG_ALL_PHASES", BOOLEAN, True, "log each phase"),
    Setting("CHECKOUT_LOG_FAILURES", BOOLEAN, True, "log checkouts that failed"),
    Setting("CHECKOUT_LOG_ROLLBACKS", BOOLEAN, True, "log what was given back"),
    Setting("CHECKOUT_PAYMENT_GATEWAY", GATEWAY, "sandbox", "the gateway that moves the money"),
    Setting(
        "CHECKOUT_PAYMENT_AUTH_TIMEOUT",
        whole(1, 86400),
        300,
        "how long a shopper may take to approve",
        "seconds",
    ),
    Setting(
        "CHECKOUT_PAYMENT_CAPTURE_TIMEOUT",
        whole(1, 30 * 86400),
        3600,
        "how long a capture may stay open before somebody is called",
        "seconds",
    ),
    Setting(
        "CHECKOUT_GATEWAY_TIMEOUT",
        number(0.1, 30),
        10,
        "how long one call to the gateway may take",
        "seconds",
    ),
    Setting("CHECKOUT_NOTIFY_ON_FAILURE", BOOLEAN, False, "notify of checkouts that failed"),
    Setting("CHECKOUT_NOTIFY_ON_EXPIRATION", BOOLEAN, False, "notify of checkouts that expired"),
    Setting("CHECKOUT_NOTIFICATION_EMAIL", EMAIL, None, "who gets these notifications by mail"),
    Setting(
        "CHECKOUT_NOTIFICATION_WEBHOOK",
        url("http", "https"),
        None,
        "where these notifications are posted",
        secret=True,
    ),
)
