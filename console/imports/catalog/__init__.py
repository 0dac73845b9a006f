"""The catalogue's way in: a CSV file of products, line by line, in batches.

An import reads top down: `importing.py` (the file as a whole) → `products.py` (one line) → `batches.py` (one
transaction) → `stocking.py` (its stock).
"""

from console.imports.catalog.importing import ImportReport, import_catalog

__all__ = ["ImportReport", "import_catalog"]
