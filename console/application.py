"""Putting the web application together: settings, extensions, pages, commands."""

from __future__ import annotations

import os
from functools import cache as cache_answers

from apiflask import APIFlask
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from console import __version__, cli, web
from console.engine.store.database import configure
from console.extensions import SETTINGS_KEY, cache, csrf, db, limiter, login_manager, migrate
from console.flask_config import flask_config, security_headers
from console.paths import resource
from console.settings import Settings, load
from console.telemetry.logging import log_as_set
from console.telemetry.requests import log_requests
from console.web.sessions import CookieSessions
from console.wiring import wire_engine


def build(settings: Settings | None) -> APIFlask:
    """Make the app; without `settings` they are read from the environment.

    Raises: SettingsError when they do not allow a start.
    """
    settings = settings or load(os.environ)
    log_as_set(settings)
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    app = _bare_app(settings)
    log_requests(app)  # first, so that what the extensions refuse has a request id and a log line too
    _bind_extensions(app, settings)
    web.register(app)
    cli.register(app, version=__version__)
    return app


def _bare_app(settings: Settings) -> APIFlask:
    app = APIFlask(
        "console",
        title="Checkout Console",
        spec_path=None,
        docs_path=None,
        json_errors=False,  # it would turn the pages' errors into JSON too: errors go by path
        static_folder=str(resource("static")),
        template_folder=str(resource("templates")),
        instance_path=str(settings.instance_path),
    )
    app.config.from_mapping(flask_config(settings))
    app.session_interface = CookieSessions()
    # Whether a view or a hook is a coroutine is asked twenty times a request, and never changes.
    app.ensure_sync = cache_answers(app.ensure_sync)  # type: ignore[method-assign]
    app.extensions[SETTINGS_KEY] = settings
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _bind_extensions(app: APIFlask, settings: Settings) -> None:
    db.init_app(app)
    migrate.init_app(app, directory=str(resource("migrations")))
    with app.app_context():
        configure(db.engine)
        wire_engine(db.engine, settings)
    limiter.init_app(app)
    cache.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
    Talisman(app, **security_headers(settings))  # it keeps them in itself: each app has its own
