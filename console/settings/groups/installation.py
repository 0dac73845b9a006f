"""Settings of one installation: what it is for, where its files are, what it signs with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.settings import secret_key
from console.settings.kinds import BOOLEAN, DIRECTORY, TEXT
from console.settings.setting import Computed, Setting


def _default_secret_key(values: Mapping[str, Any]) -> str:
    if not (values["DEMO"] or values["FLASK_DEBUG"]):
        raise ValueError("is required: at least 32 random characters")
    return secret_key.kept_key(values["INSTANCE_PATH"])


SETTINGS: tuple[Setting, ...] = (
    Setting("FLASK_DEBUG", BOOLEAN, False, "Flask's debug mode: readable logs, no SECRET_KEY needed"),
    Setting("DEMO", BOOLEAN, False, "a demo shop: a random SECRET_KEY is kept in INSTANCE_PATH"),
    Setting("INSTANCE_PATH", DIRECTORY, "instance", "where files of this installation are kept"),
    Setting(
        "SECRET_KEY",
        TEXT,
        Computed("none; random in debug and demo", _default_secret_key),
        "signs sessions and forms; a weak one is refused",
        secret=True,
    ),
)
