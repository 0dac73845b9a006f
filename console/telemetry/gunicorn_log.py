"""gunicorn's own messages, through the same handler as all others."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger


class EventLogger(Logger):
    """gunicorn's logger without handlers of its own: what it says goes up to the root logger."""

    def setup(self, cfg: Any) -> None:
        """Set the levels as configured; leave the writing to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
