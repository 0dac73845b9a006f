"""Where templates, static files and migrations are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BUNDLED = PACKAGE / "_bundled"


def resource(name: str) -> Path:
    """Find the folder `templates`, `static` or `migrations`."""
    bundled = BUNDLED / name
    return bundled if bundled.is_dir() else PACKAGE.parent / name
