"""Who may see and do what in the console: one table; what it does not name, nobody may."""

from __future__ import annotations

from collections.abc import Mapping

from console.models.vocabulary import Role

# Every list has the same pages, and one role that sees them.
_LISTS = {
    "checkout_locks": Role.VIEWER,
    "orders": Role.VIEWER,
    "payments": Role.VIEWER,
    "price_snapshots": Role.VIEWER,
    "stock_reservations": Role.VIEWER,
    "stock_levels": Role.VIEWER,
    "audit": Role.VIEWER,
    "users": Role.ADMIN,
}
_LIST_PAGES = ("index_view", "counts", "export_csv", "export_xlsx")

# A right is "endpoint.view", as Flask names the pages of the console; the role is the least that has it.
RIGHTS: Mapping[str, Role] = {
    "admin.index": Role.VIEWER,
    **{f"{name}.{page}": role for name, role in _LISTS.items() for page in _LIST_PAGES},
    "checkout_locks.details_view": Role.VIEWER,
    "checkout_locks.json_view": Role.VIEWER,
    "checkout_locks.status_view": Role.VIEWER,
    "checkout_locks.statistics_view": Role.VIEWER,
    "checkout_locks.gateway_view": Role.SUPPORT,
    "checkout_locks.action_page": Role.SUPPORT,
    "checkout_locks.take_action": Role.SUPPORT,
    "checkout_locks.resolve_page": Role.ADMIN,
    "checkout_locks.resolve": Role.ADMIN,
    "admin.panel": Role.VIEWER,
    "api.list_locks": Role.VIEWER,
    "api.show_lock": Role.VIEWER,
    "api.plan_action": Role.VIEWER,
    "api.release_lock": Role.SUPPORT,
    "api.expire_lock": Role.SUPPORT,
    "api.extend_lock": Role.SUPPORT,
    "api.retry_lock": Role.SUPPORT,
    "api.resolve_lock": Role.ADMIN,
    "api.list_audit": Role.VIEWER,
    "api.show_statistics": Role.VIEWER,
}

_RANKS = {role: rank for rank, role in enumerate(Role)}


def may(role: str, right: str) -> bool:
    """Tell whether a role has a right; each role includes the ones before it."""
    least = RIGHTS.get(right)
    return least is not None and role in _RANKS and _RANKS[Role(role)] >= _RANKS[least]
