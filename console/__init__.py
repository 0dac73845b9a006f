"""Checkout Console: a checkout and order-locking engine for shops, with an admin and monitoring console."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

    from console.settings import Settings

__version__ = "0.2.0.dev0"


def create_app(settings: Settings | None = None) -> APIFlask:
    """Make the web application; without `settings` they are read from the environment.

    Raises: SettingsError when they do not allow a start.
    """
    # Imported here, so that a shop that imports console.engine alone does not load Flask.
    from console.application import build  # noqa: PLC0415

    return build(settings)
