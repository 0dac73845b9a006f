"""The admin API: what the console does, for programs with an API token and for signed-in people."""

from console.web.api.admin import audit, lock_actions, locks, statistics

__all__ = ["audit", "lock_actions", "locks", "statistics"]
