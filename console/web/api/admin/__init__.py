"""The admin API: what the console does, for programs with an API token and for signed-in people."""

from console.web.api.admin import actions, audit, locks, statistics

__all__ = ["actions", "audit", "locks", "statistics"]
