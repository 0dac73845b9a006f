"""Catalogue files read as an import reads them, without a shop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from console.imports.catalog.products import Product
from console.imports.catalog.reading import CatalogFile, FileForm, look_through
from console.imports.csv_files import BadLine, open_csv

_AS_IT_CAME = FileForm()


def read_file(path: Path, form: FileForm = _AS_IT_CAME) -> tuple[CatalogFile, list[Product], dict[int, str]]:
    """Read a file; give how it was read, its products, and why lines cannot be used. The shop's currency is GBP."""
    found = look_through(path, form, currency=lambda: "GBP")
    with open_csv(path, found.dialect) as file:
        lines = list(found.products(file))
    products = [line for line in lines if isinstance(line, Product)]
    return found, products, {line.number: line.reason for line in lines if isinstance(line, BadLine)}


def told(products: Sequence[Product]) -> list[tuple[str, str, int, int | None]]:
    """Give SKU, name, price in minor units and stock."""
    return [(each.sku, each.name, each.unit_price, each.stock) for each in products]
