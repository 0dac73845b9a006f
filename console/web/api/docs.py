"""The API's description: for programs as OpenAPI, for people as a page that loads nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

from flask import Response, render_template
from pydantic_core import to_json

from console.web.api.calls import blueprint
from console.web.api.openapi import build_document
from console.web.shared import errors


@cache
def document() -> dict[str, Any]:
    """Hand out the OpenAPI document."""
    return build_document()


@blueprint.get("/openapi.json")
def show_openapi() -> Response:
    """Answer the OpenAPI document."""
    return Response(to_json(document(), indent=2), mimetype="application/json")


@blueprint.get("/docs")
def show_docs() -> str:
    """Show the API to people."""
    slugs = {slug: status for status, slug in errors.SLUGS.items()} | errors.STATUSES
    listed = sorted((status, slug, HTTPStatus(status).phrase) for slug, status in slugs.items())
    return render_template("api/docs.html", document=document(), errors=listed)
