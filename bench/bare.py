"""A Flask app with one route that does nothing: what a request costs under the same gunicorn settings."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/bare")
def bare() -> dict[str, str]:
    """Answer."""
    return {"status": "alive"}
