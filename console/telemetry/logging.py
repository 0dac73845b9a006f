"""Logs: one JSON line an event on stderr, ours and the libraries' alike, with secrets taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor

from console.settings import Settings
from console.settings.kinds import mask_url_passwords

if TYPE_CHECKING:
    # Generic to the type checker only.
    _StreamHandler = logging.StreamHandler[TextIO]
else:
    _StreamHandler = logging.StreamHandler

REDACTED = "[redacted]"
SECRET_NAMES = frozenset({"authorization", "cookie", "password", "secret", "secret_key", "set_cookie", "token"})
SECRET_ENDINGS = ("_password", "_secret", "_token")
SECRET_IN_TEXT = re.compile(r"\b(Bearer\s+)\S+|\btok_\w+", re.IGNORECASE)

BEFORE_RENDERING: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


class StderrHandler(_StreamHandler):
    """A log handler that writes to whatever `sys.stderr` is at the time, and that we know as our own."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """The stream to write to."""
        return sys.stderr


def log_as_set(settings: Settings) -> None:
    """Configure the logs as an installation has them."""
    configure_logging(human=settings.flask_debug or settings.demo, is_quiet=is_quiet(settings))


def is_quiet(settings: Settings) -> bool:
    """Tell whether only what is amiss is shown: in a demo, whose own troubles are played."""
    return settings.demo and not settings.flask_debug


def configure_logging(*, human: bool, is_quiet: bool = False) -> None:
    """Send every log of this process to stderr, as JSON or for human eyes; again is the same as once.

    Quiet are all below warnings; of checkouts, whose gateway is a played one, all below errors.
    """
    structlog.configure(
        processors=[*BEFORE_RENDERING, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    others = [handler for handler in root.handlers if not isinstance(handler, StderrHandler)]
    root.handlers = [*others, event_handler(human=human)]
    root.setLevel(logging.WARNING if is_quiet else logging.INFO)
    logging.getLogger("checkout").setLevel(logging.ERROR if is_quiet else logging.NOTSET)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # seven lines at each start


def event_handler(*, human: bool) -> logging.Handler:
    """Make the handler that writes one line an event."""
    handler = StderrHandler()
    renderer = _human_renderer() if human else structlog.processors.JSONRenderer(default=str)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=BEFORE_RENDERING,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                renderer,
            ],
        )
    )
    return handler


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Take secrets out of an event: by the name of the key, and by their look in any text."""
    return {name: _without_secrets(name, value) for name, value in event.items()}


def _human_renderer() -> Processor:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _without_secrets(name: str, value: Any) -> Any:
    if value is not None and _names_a_secret(name):
        return REDACTED
    if isinstance(value, str):
        return SECRET_IN_TEXT.sub(lambda found: f"{found[1] or ''}{REDACTED}", mask_url_passwords(value))
    if isinstance(value, Mapping):
        return {key: _without_secrets(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets("", item) for item in value]
    return value


@lru_cache(maxsize=1000)
def _names_a_secret(name: str) -> bool:
    plain = name.lower().replace("-", "_")
    return plain in SECRET_NAMES or plain.endswith(SECRET_ENDINGS)
