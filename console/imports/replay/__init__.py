"""Replays: a real shop's invoices as carts that go through the whole checkout, each bought once.

A replay reads top down: `week_file.py` or `baskets_file.py` (files to invoices) → `pool.py` (invoices to worker
processes) → `buying.py` (one invoice) → `report.py` (what became of all of them).
"""

from console.imports.replay.baskets_file import read_baskets
from console.imports.replay.buying import Failure, InvoiceResult
from console.imports.replay.invoices import Invoice, Reading
from console.imports.replay.pool import ReplayPace, buy_all
from console.imports.replay.report import ReplayReport
from console.imports.replay.week_file import read_week

__all__ = [
    "Failure",
    "Invoice",
    "InvoiceResult",
    "Reading",
    "ReplayPace",
    "ReplayReport",
    "buy_all",
    "read_baskets",
    "read_week",
]
