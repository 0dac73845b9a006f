"""The factories of our own tests are the ones that a shop's tests get."""

from __future__ import annotations

from console.testing.factories import ADDRESS, VISA, Shop, make_driverless, make_due

__all__ = ["ADDRESS", "VISA", "Shop", "make_driverless", "make_due"]
