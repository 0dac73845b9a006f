"""Addresses of this shop's own, as a browser that is here already should follow them."""

from __future__ import annotations

from console.extensions import current_settings


def path_if_ours(url: str) -> str:
    """Shorten an address under PUBLIC_URL to its path: a shopper who came by another name of the host keeps theirs.

    Their session is known by that name only.
    """
    base = str(current_settings().public_url).rstrip("/")
    return url.removeprefix(base) if url.startswith(f"{base}/") else url
