"""The demo shop: an invented catalogue, what a merchant sets, and a history of checkouts of every outcome.

Seeding reads top down: `seeding.py` (the whole) → `merchant.py` (taxes, coupons, rates, shipping) → `history.py`
(which checkouts) → `stories.py` (one checkout of each kind) → `backdating.py` (spread over the hours before).
"""

from console.demo.seeding import SeedReport, seed_demo

__all__ = ["SeedReport", "seed_demo"]
