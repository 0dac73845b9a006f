"""The whole table of guards.

One that another doubles (a cart let go by its holder alone: the lock's own state says the same) has no row: alone it
cannot be missed.
"""

from __future__ import annotations

from tests.guards.constraints import CONSTRAINTS
from tests.guards.driving import DRIVING
from tests.guards.money import MONEY
from tests.guards.requests import REQUESTS
from tests.guards.stock import STOCK

GUARDS = (*DRIVING, *MONEY, *REQUESTS, *STOCK, *CONSTRAINTS)
