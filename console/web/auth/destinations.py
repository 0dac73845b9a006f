"""Where to go after signing in: only ever to a page of this console."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 2000


def local_path(wanted: str | None, *, default: str) -> str:
    """Give the wanted path if it is one of our own, else the default.

    Browsers read a backslash as a slash and drop control characters, so that `/\\host` and `/<tab>/host` leave here.
    """
    if not wanted or len(wanted) > LONGEST or not wanted.isprintable() or "\\" in wanted:
        return default
    parts = urlsplit(wanted) if not wanted.startswith("//") else None
    if parts is None or parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return default
    return wanted
