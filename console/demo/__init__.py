"""The demo shop: an invented catalogue, what a merchant sets, and a history of checkouts of every outcome.

Seeding reads top down: `seeding.py` (the whole) → `history.py` (which checkouts, and when by `rhythm.py`) →
`baskets.py` (who wants what; `people.py`, `places.py`) → `stories.py` and `troubles.py` (one checkout of each kind) →
`staging.py` and `past.py` (gateway and clock as they were then). `merchant.py` has what the shop is set up with.
"""

from console.demo.seeding import SeedReport, seed_demo

__all__ = ["SeedReport", "seed_demo"]
