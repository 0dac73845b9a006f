"""The catalogue's way in: a CSV file of products, line by line, in batches.

An import reads top down: `importing.py` (the file as a whole) → `reading.py` (how it is written) → `formats.py`,
`shopify.py`, `woocommerce.py` (what a line says) → `products.py` (one line, checked) → `names.py` (its tax class and
warehouse, as the shop calls them) → `batches.py` (one transaction) → `stocking.py` (its stock). `preview.py` tells
beforehand what that would do.
"""

from console.imports.catalog.importing import ImportReport, import_catalog, preview_catalog
from console.imports.catalog.preview import Preview
from console.imports.catalog.reading import FileForm

__all__ = ["FileForm", "ImportReport", "Preview", "import_catalog", "preview_catalog"]
