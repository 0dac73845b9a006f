"""Settings of the sandbox gateway alone."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from console.settings.kinds import DATABASE_URL, TEXT
from console.settings.setting import Computed, Setting, sqlite_file


def _default_webhook_secret(values: Mapping[str, Any]) -> str:
    return hmac.new(values["SECRET_KEY"].encode(), b"sandbox webhooks", hashlib.sha256).hexdigest()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "SANDBOX_GATEWAY_DATABASE_URL",
        DATABASE_URL,
        Computed("a SQLite file of its own in INSTANCE_PATH", sqlite_file("sandbox.sqlite3")),
        "the sandbox gateway's own ledger",
    ),
    Setting(
        "SANDBOX_WEBHOOK_SECRET",
        TEXT,
        Computed("derived from SECRET_KEY", _default_webhook_secret),
        "signs the sandbox gateway's webhooks",
        secret=True,
    ),
)
