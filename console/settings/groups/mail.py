"""Settings of how mail leaves the shop."""

from __future__ import annotations

from console.settings.kinds import EMAIL, url
from console.settings.setting import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting("MAIL_URL", url("smtp", "smtps"), None, "mail server; unset: .eml files in mail/ of INSTANCE_PATH"),
    Setting("MAIL_FROM", EMAIL, "checkout@localhost", "sender of all mail"),
)
