"""Addresses as a cart and an order keep them: a mapping with these fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REQUIRED_FIELDS = ("first_name", "last_name", "line_one", "city", "postcode", "country")


def missing_fields(address: Mapping[str, Any] | None) -> list[str]:
    """Tell which required fields an address lacks; all of them when there is no address."""
    return [name for name in REQUIRED_FIELDS if not (address or {}).get(name)]
