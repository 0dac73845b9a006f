"""How the app is put together: cookies, headers, proxies, limits, errors, the gateway."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from apiflask import APIFlask
from flask import request, session
from werkzeug.exceptions import ServiceUnavailable

from console.engine.runtime import runtime_of
from console.extensions import cache, current_settings, db, limiter
from console.settings import SettingsError
from tests.support.installation import build_app, environment
from tests.support.places import ROOT

MakeApp = Callable[..., APIFlask]


class OwnGateway:
    """A gateway of a shop's own, as far as its loading goes."""

    name = "own"

    def authorize(self) -> None: ...

    capture = void = refund = find = authorize


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    def make(**settings: str) -> APIFlask:
        return build_app(f"sqlite:///{tmp_path}/shop.sqlite3", tmp_path, **settings)

    return make


def test_the_content_security_policy_is_strict(make_app: MakeApp) -> None:
    policy = make_app().test_client().get("/livez").headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http" not in policy
    assert {"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))


def test_only_the_one_script_of_the_cdn_is_let_in_with_htmx_cdn(make_app: MakeApp) -> None:
    policy = make_app(HTMX_CDN="true").test_client().get("/livez").headers["Content-Security-Policy"]

    (scripts,) = [part for part in policy.split("; ") if part.startswith("script-src")]
    assert scripts == "script-src 'self' https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"


@pytest.mark.parametrize(("public_url", "is_secure"), [("https://shop.example", True), ("http://shop.example", False)])
def test_session_cookies_are_for_http_alone_and_secure_with_https(
    make_app: MakeApp, public_url: str, *, is_secure: bool
) -> None:
    app = make_app(PUBLIC_URL=public_url)

    @app.get("/remember")
    def remember() -> str:
        session["cart"] = 1
        return ""

    cookie = app.test_client().get("/remember").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is is_secure


@pytest.mark.parametrize(("hops", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.9"), ("2", "198.51.100.7")])
def test_forwarded_headers_count_from_trusted_proxies_only(make_app: MakeApp, hops: str, address: str) -> None:
    app = make_app(TRUSTED_PROXIES=hops)
    app.add_url_rule("/address", view_func=lambda: str(request.remote_addr))

    told = app.test_client().get("/address", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})

    assert told.text == address


@pytest.mark.parametrize("redis_url", ["", "redis://127.0.0.1:1/0"], ids=["in process", "with Redis gone"])
def test_a_limited_view_refuses_with_headers(make_app: MakeApp, redis_url: str) -> None:
    app = make_app(REDIS_URL=redis_url)
    app.add_url_rule("/limited", view_func=limiter.limit("1 per minute")(lambda: "done"))
    client = app.test_client()

    first, second = client.get("/limited"), client.get("/limited")

    assert (first.status_code, second.status_code) == (200, 429)
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("1", "0")
    assert 0 < int(second.headers["Retry-After"]) <= 60


def test_the_cache_is_kept_in_the_instance_folder(make_app: MakeApp, tmp_path: Path) -> None:
    with make_app().app_context():
        cache.set("answer", 42)

        assert cache.get("answer") == 42
    assert any((tmp_path / "cache").iterdir())


def test_an_error_is_a_page_with_its_headers_and_the_request_id(make_app: MakeApp) -> None:
    app = make_app()

    @app.get("/busy")
    def busy() -> str:
        raise ServiceUnavailable("Come back <soon>.", retry_after=7)

    page = app.test_client().get("/busy", headers={"X-Request-Id": "from-the-proxy.1"})

    assert (page.status_code, page.headers["Retry-After"]) == (503, "7")
    assert page.mimetype == "text/html"
    assert "Come back &lt;soon&gt;." in page.text
    assert "from-the-proxy.1" in page.text
    assert page.headers["X-Request-Id"] == "from-the-proxy.1"


def test_an_unexpected_error_is_a_page_that_tells_nothing(make_app: MakeApp) -> None:
    app = make_app()

    @app.get("/broken")
    def broken() -> str:
        raise LookupError("hunter2")

    page = app.test_client().get("/broken")

    assert page.status_code == 500
    assert "hunter2" not in page.text
    assert page.headers["X-Request-Id"] in page.text


@pytest.mark.parametrize("given", ["a\tb", "x" * 65, "<script>"])
def test_an_indecent_request_id_is_replaced(make_app: MakeApp, given: str) -> None:
    answer = make_app().test_client().get("/livez", headers={"X-Request-Id": given})

    assert len(answer.headers["X-Request-Id"]) == 32


def test_a_body_above_two_mebibytes_is_refused(make_app: MakeApp) -> None:
    app = make_app()
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/echo", methods=["POST"], view_func=lambda: str(len(request.get_data())))
    client = app.test_client()

    assert client.post("/echo", data=b"x" * 2 * 1024 * 1024).status_code == 200
    assert client.post("/echo", data=b"x" * (2 * 1024 * 1024 + 1)).status_code == 413


def test_the_engine_learns_the_settings_and_the_gateway_of_the_shop(make_app: MakeApp) -> None:
    app = make_app(CHECKOUT_TTL_MINUTES="20", CHECKOUT_PAYMENT_GATEWAY=f"{__name__}:OwnGateway", WEB_THREADS="6")

    with app.app_context():
        runtime = runtime_of(db.session())
        settings = current_settings()

    assert runtime.config.ttl_minutes == settings.checkout_ttl_minutes == 20
    assert runtime.config.waiting_requests == 3
    assert runtime.gateway.name == "own"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no.such.module:Gateway", "cannot be loaded: No module named 'no'"),
        ("decimal:Gateway", "cannot be loaded: module 'decimal' has no attribute 'Gateway'"),
        ("decimal:Decimal", "is no gateway: it lacks authorize, capture, void, refund, find"),
    ],
)
def test_a_gateway_that_is_none_stops_the_start(make_app: MakeApp, path: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=f"CHECKOUT_PAYMENT_GATEWAY='{path}' {reason}"):
        make_app(CHECKOUT_PAYMENT_GATEWAY=path)


@pytest.mark.parametrize(
    ("settings", "is_warned"),
    [({"WEB_CONCURRENCY": "2"}, True), ({"WEB_CONCURRENCY": "2", "REDIS_URL": "redis://r/0"}, False), ({}, False)],
)
def test_several_web_processes_without_redis_are_warned_of(
    settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_warned: bool
) -> None:
    for name, value in environment(f"sqlite:///{tmp_path}/shop.sqlite3", tmp_path, **settings).items():
        monkeypatch.setenv(name, value)
    warnings: list[str] = []
    server = SimpleNamespace(log=SimpleNamespace(warning=lambda text, *facts: warnings.append(text % facts)))

    runpy.run_path(str(ROOT / "gunicorn.conf.py"))["on_starting"](server)

    assert ["REDIS_URL" in warning for warning in warnings] == [True] * is_warned
