"""What the pages load: htmx, from here or from its CDN, the same file either way."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from console.extensions import SETTINGS_KEY
from console.flask_config import HTMX_CDN_URL

HTMX_FILE = "vendor/htmx-2.0.11.min.js"
HTMX_INTEGRITY = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"

# No eval and no inline styles or scripts, which the Content-Security-Policy forbids; a form that comes back with
# mistakes (422) is shown, other refusals are not put into the page.
HTMX_CONFIG = {
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "timeout": 10_000,  # ms; what hangs longer has failed, and the page says so
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}


@dataclass(frozen=True)
class Htmx:
    """How a page loads htmx: `cdn_url` is None where it comes from here."""

    file: str
    integrity: str
    config: dict[str, object]
    cdn_url: str | None


def register(app: Flask) -> None:
    """Tell an app's templates how to load htmx."""
    cdn_url = HTMX_CDN_URL if app.extensions[SETTINGS_KEY].htmx_cdn else None
    app.jinja_env.globals["htmx"] = Htmx(HTMX_FILE, HTMX_INTEGRITY, HTMX_CONFIG, cdn_url)
