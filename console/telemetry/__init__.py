"""How the whole is doing: health, readiness, statistics, what to do about it, and what is logged."""
