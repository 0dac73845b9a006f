"""The bank's page of 3-D Secure, as a shopper's browser uses it."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

SECONDS = 60
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def decide(url: str, decision: str) -> int:
    """Open the page and press one of its buttons, `approve` or `refuse`; give the status of the answer.

    Raises:
        OSError, HTTPException: when the connection breaks.
    """
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)
    try:
        connection.request("GET", place.path)
        page = connection.getresponse()
        html = page.read().decode()
        found = _CSRF.search(html)
        if found is None:
            return page.status  # decided, or not wanted any more
        form = {"decision": decision, "csrf_token": found[1]}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": page.headers["Set-Cookie"] or ""}
        connection.request("POST", place.path, body=urlencode(form), headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
