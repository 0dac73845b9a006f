"""Who may see and do what in the console: one table; what it does not name, nobody may."""

from __future__ import annotations

from collections.abc import Mapping

from console.models.vocabulary import Role

# A right is "endpoint.view", as Flask names the pages of the console; the role is the least that has it.
RIGHTS: Mapping[str, Role] = {
    "admin.index": Role.VIEWER,
    "checkout_locks.index_view": Role.VIEWER,
    "checkout_locks.details_view": Role.VIEWER,
}

_RANKS = {role: rank for rank, role in enumerate(Role)}


def may(role: str, right: str) -> bool:
    """Tell whether a role has a right; each role includes the ones before it."""
    least = RIGHTS.get(right)
    return least is not None and role in _RANKS and _RANKS[Role(role)] >= _RANKS[least]
