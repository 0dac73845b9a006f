"""What runs by itself: the worker's periodic jobs, and the events that it delivers to a shop's listeners."""

from console.jobs.listeners import Event, on

__all__ = ["Event", "on"]
