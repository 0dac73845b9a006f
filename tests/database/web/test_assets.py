"""What the pages load: the vendored htmx is the one they vouch for, from here and from the CDN."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from console.flask_config import HTMX_CDN_URL
from console.paths import resource
from console.web.assets import HTMX_FILE, HTMX_INTEGRITY
from tests.support.installation import build_app

pytestmark = pytest.mark.databases("sqlite")


def test_htmx_is_the_file_that_the_pages_vouch_for() -> None:
    content = (resource("static") / HTMX_FILE).read_bytes()
    digest = b64encode(hashlib.sha384(content).digest()).decode()

    assert f"sha384-{digest}" == HTMX_INTEGRITY
    assert hashlib.sha256(content).hexdigest() in (resource("static") / "vendor/README.md").read_text()


def status_of(client: FlaskClient, path: str) -> int:
    with client.get(path) as answer:  # a file stays open until its answer is closed
        return answer.status_code


def test_everything_a_page_loads_is_there(client: FlaskClient) -> None:
    page = client.get("/login").text
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert len(loaded) == 5
    assert {path: status_of(client, path) for path in loaded} == dict.fromkeys(loaded, 200)
    assert f'src="/static/{HTMX_FILE}" integrity="{HTMX_INTEGRITY}"' in page


def test_htmx_is_told_what_the_policy_forbids(client: FlaskClient) -> None:
    content = re.search(r'name="htmx-config" content="([^"]+)"', client.get("/login").text)
    assert content

    config = json.loads(unescape(content[1]))

    forbidden = ("allowEval", "allowScriptTags", "includeIndicatorStyles")
    assert {name: config[name] for name in forbidden} == dict.fromkeys(forbidden, False)
    assert config["selfRequestsOnly"] is True


def test_htmx_comes_from_its_cdn_where_the_shop_says_so(database_url: str, tmp_path: Path) -> None:
    app: APIFlask = build_app(database_url, tmp_path, HTMX_CDN="true")

    page = app.test_client().get("/login")

    assert f'src="{HTMX_CDN_URL}" integrity="{HTMX_INTEGRITY}" crossorigin="anonymous"' in page.text
    assert HTMX_CDN_URL in page.headers["Content-Security-Policy"]
