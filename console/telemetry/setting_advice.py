"""Settings that are allowed and yet deserve a word: each rule looks at what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from console.settings import Settings
from console.telemetry.recommendations import Level, Recommendation

_LOOPBACK = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared with, never bound to

Rule = tuple[str, Level, Callable[[Settings], bool], str, str]


def _is_for_sale(settings: Settings) -> bool:
    return not (settings.demo or settings.flask_debug)


def _is_loopback(settings: Settings) -> bool:
    return urlsplit(settings.public_url).hostname in _LOOPBACK


def _notifies_nobody(settings: Settings) -> bool:
    wanted = settings.checkout_notify_on_failure or settings.checkout_notify_on_expiration
    return bool(wanted and not (settings.checkout_notification_email or settings.checkout_notification_webhook))


# The setting, how urgent, when it applies, what is the case, what to do.
_RULES: tuple[Rule, ...] = (
    (
        "FLASK_DEBUG",
        "warning",
        lambda settings: settings.flask_debug,
        "Debug mode is on.",
        "Leave it unset where real shoppers buy.",
    ),
    (
        "DATABASE_URL",
        "warning",
        lambda settings: _is_for_sale(settings) and settings.database_url.startswith("sqlite"),
        "The shop is on SQLite: one writer at a time, one host.",
        "Name a PostgreSQL database for production.",
    ),
    (
        "CHECKOUT_PAYMENT_GATEWAY",
        "warning",
        lambda settings: _is_for_sale(settings) and settings.checkout_payment_gateway == "sandbox",
        "Payments go to the sandbox: no money moves.",
        "Name the gateway that moves it.",
    ),
    (
        "PUBLIC_URL",
        "warning",
        lambda settings: _is_for_sale(settings) and _is_loopback(settings),
        "The shop's address is one of this host alone: no webhook and no shopper back from 3-D Secure finds it.",
        "Set the address that the outside knows.",
    ),
    (
        "PUBLIC_URL",
        "warning",
        lambda settings: settings.public_url.startswith("http://") and not _is_loopback(settings),
        "The shop's address is without TLS.",
        "Serve it by https://, and say so here.",
    ),
    (
        "WEB_CONCURRENCY",
        "warning",
        lambda settings: settings.web_concurrency > 1 and not settings.redis_url,
        "Several web processes without Redis: each limits and caches by itself.",
        "Set REDIS_URL, or one process with more WEB_THREADS.",
    ),
    (
        "CHECKOUT_RATE_LIMIT",
        "warning",
        lambda settings: not settings.checkout_rate_limit,
        "Checkouts are not limited: cards can be tried out by the thousand.",
        "Set a limit such as '5 per minute'.",
    ),
    (
        "CHECKOUT_NOTIFY_ON_FAILURE",
        "warning",
        _notifies_nobody,
        "Notifications are on, and nobody gets them.",
        "Set CHECKOUT_NOTIFICATION_EMAIL or CHECKOUT_NOTIFICATION_WEBHOOK.",
    ),
    (
        "MAIL_URL",
        "hint",
        lambda settings: _is_for_sale(settings) and settings.checkout_notification_email and not settings.mail_url,
        "Mail is written into files, not sent.",
        "Name a mail server.",
    ),
    (
        "CHECKOUT_CLEANUP_INTERVAL",
        "hint",
        lambda settings: settings.checkout_cleanup_interval > settings.checkout_ttl_minutes,
        "Sweeps are farther apart than a checkout may last: stock is held long after its time.",
        "Sweep at least once in CHECKOUT_TTL_MINUTES.",
    ),
    (
        "CHECKOUT_LOGGING_ENABLED",
        "hint",
        lambda settings: not (settings.checkout_logging_enabled and settings.checkout_log_failures),
        "Failures are not logged.",
        "Turn CHECKOUT_LOGGING_ENABLED and CHECKOUT_LOG_FAILURES on.",
    ),
    (
        "DEMO",
        "hint",
        lambda settings: settings.demo,
        "This is a demo shop.",
        "Unset it and set SECRET_KEY where real shoppers buy.",
    ),
)


def on_settings(settings: Settings) -> Iterator[Recommendation]:
    """Recommend other settings where those in force deserve a word."""
    for name, level, applies, finding, advice in _RULES:
        if applies(settings):
            yield Recommendation(level, name, finding, advice)
