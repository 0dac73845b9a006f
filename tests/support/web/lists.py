"""Reading the lists of the console, and questions that no list should stumble over."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_REFERENCE = re.compile(r'class="reference" href="[^"]+">([^<]+)</a>')
_NEXT = re.compile(r'rel="next" href="([^"]+)"')

NOW = "2026-01-01T00:00:00+00:00"
HOSTILE_WORDS = (
    "\x00",
    "'; DROP TABLE carts; --",
    "%",
    "<script>alert(1)</script>",
    "9" * 400,
    "-1",
    "\ud7ff",
    "²",
    "ⅷ" * 8,
)
HOSTILE_CURSORS = (*HOSTILE_WORDS, "====", "e30", "A" * 5000, urlsafe_b64encode(b"[" * 100_000).decode())


def listed(client: FlaskClient, url: str, **filters: Any) -> list[str]:
    """Give the references of the checkouts on a page of a list, from its top."""
    page = client.get(url, query_string=filters or None)
    assert page.status_code == 200, page.text
    return _REFERENCE.findall(page.text)


def following(page: TestResponse) -> str | None:
    """Give the link to the next page."""
    found = _NEXT.search(page.text)
    return found[1].replace("&amp;", "&") if found else None


def walk(client: FlaskClient, url: str) -> list[list[str]]:
    """Follow the links from page to page."""
    pages = []
    further: str | None = url
    while further:
        page = client.get(further)
        pages.append(_REFERENCE.findall(page.text))
        further = following(page)
    return pages


def cursor(*parts: Any) -> str:
    """Write a cursor as a list would, of whatever parts."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
