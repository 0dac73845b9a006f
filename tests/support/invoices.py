"""A small invented week of invoices with all the oddities of a real one, and the catalogue for it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADER = ("invoice", "stock_code", "description", "quantity", "invoiced_at", "unit_price_gbp", "customer_id", "country")
SKU_HEADER = ("stock_code", "description", "unit_price_gbp", "typical_quantity", "baskets")
SKUS = ("85123A", "71053", "84406B", "15056BL", "15056bl", "22752", "21730", "22633")
COUNTRIES = ("United Kingdom", "EIRE", "Germany", "France", "Norway")
GOODS_INVOICES = 26


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """Write rows into a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def line(
    invoice: int | str,
    sku: str,
    quantity: int = 1,
    price: str = "2.55",
    *,
    country: str = "United Kingdom",
    customer: str = "17850",
    at: str = "2010-12-01T08:26",
) -> tuple[object, ...]:
    """Give one invoice line."""
    return invoice, sku, f"THE {sku}", quantity, at, price, customer, country


@dataclass(frozen=True)
class Week:
    """The files, and what each goods invoice sums to, in minor units."""

    invoices: Path
    skus: Path
    sums: dict[str, int]


def write_week(folder: Path) -> Week:
    """Write the week: plain invoices, the same SKU twice at two prices, a long invoice, and all that is not bought."""
    rows: list[tuple[object, ...]] = [HEADER]
    sums = {}
    for number in range(536_001, 536_001 + GOODS_INVOICES - 2):
        at = f"2010-12-01T{8 + number % 10:02d}:{number % 60:02d}"
        country = COUNTRIES[number % len(COUNTRIES)]
        lines = [(SKUS[(number + step) % len(SKUS)], 1 + number % 7, 83 + 9 * step) for step in range(1 + number % 4)]
        for sku, quantity, price in lines:
            rows.append(line(number, sku, quantity, f"{price / 100:.2f}", country=country, customer=str(number), at=at))
        sums[str(number)] = sum(quantity * price for _, quantity, price in lines)
    rows += [line(537_001, "85123A", 6, "2.55"), line(537_001, "85123A", 2, "2.10"), line(537_001, "85123A", 6, "2.55")]
    sums["537001"] = 6 * 255 * 2 + 2 * 210
    rows += [line(537_002, SKUS[index % len(SKUS)], 1, "1.25", customer="") for index in range(120)]
    sums["537002"] = 120 * 125
    rows += [line(537_001, "POST", 1, "18.00"), line(537_001, "22752", 4, "0.00"), line(537_001, "22752", -2, "1.00")]
    rows += [line("C538001", "85123A", -6), line("C538001", "D", -1), line(538_002, "M", 1), line(538_003, "22752", 0)]
    rows += [line(538_004, "85123A", price="cheap"), (538_004, "85123A")]
    rows += [line(538_005, "85123A", country="Atlantis")]
    return Week(write_csv(folder / "week.csv", rows), write_skus(folder), sums)


def write_skus(folder: Path) -> Path:
    """Write the catalogue of the week's goods."""
    skus = [(sku, f"THE {sku}", "2.00", 3, 10) for sku in SKUS]
    return write_csv(folder / "skus.csv", [SKU_HEADER, *skus, ("PADS", "PADS", "0.00", 1, 4)])
