"""Whose a checkout is: the session's that started it, on a page as in the API."""

from __future__ import annotations

from typing import Any

from console.extensions import current_settings

LONGEST_KEY = 255  # characters of what names a device, a session or a request


def owns(lock: Any, *, session_id: str) -> bool:
    """Tell whether a lock is a session's to drive; any session of the cart's may, where the shop allows that."""
    return bool(lock.session_id == session_id or not current_settings().checkout_prevent_concurrent)
