"""gunicorn's settings, from the same table as all others: `gunicorn -c gunicorn.conf.py wsgi:app`."""

from __future__ import annotations

import os
import resource
import sys
from typing import Any

from console.settings import SettingsError, load
from console.telemetry.logging import is_quiet, log_as_set
from console.web.server.arrival import Patience

CONNECTIONS, FILES_EACH = 1000, 3  # a connection, what is put aside of it, and room for all else


def _open_files(wanted: int) -> int:
    """Ask for so many open files; hand back how many there may be."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < wanted:
        allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return allowed


try:
    settings = load(os.environ)
except SettingsError as error:
    sys.exit(f"Checkout Console does not start: {error}")

log_as_set(settings)
logger_class = "console.telemetry.gunicorn_log.EventLogger"
loglevel = "warning" if is_quiet(settings) else "info"
accesslog = None  # the request log says it all already

bind = [f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"]
worker_class = "console.web.server.arrival_worker.ArrivalWorker"
workers = settings.web_concurrency
threads = settings.web_threads
preload_app = True  # what stops the start stops it with one line, in the parent process
timeout = 60
# A gateway call takes up to 30 s and deserves its end; a demo is over within 10 s.
graceful_timeout = 7 if settings.demo else 30
keepalive = settings.gunicorn_keepalive
worker_connections = min(CONNECTIONS, _open_files(CONNECTIONS * FILES_EACH) // FILES_EACH)
sendfile = False  # it would wait for its reader
forwarded_allow_ips = ""  # TRUSTED_PROXIES alone decides whose X-Forwarded-… headers count
control_socket_disable = True  # it would be opened in the home folder


def on_starting(server: Any) -> None:
    """Warn of limits that several processes would each count for themselves."""
    if workers > 1 and not settings.redis_url:
        server.log.warning("WEB_CONCURRENCY=%s without REDIS_URL: each process counts rate limits for itself", workers)


def post_fork(_server: Any, worker: Any) -> None:
    """Say how long a worker waits for its clients; forget the parent's database connections, without closing them."""
    from console.extensions import db  # noqa: PLC0415 - the app is loaded by now
    from wsgi import app  # noqa: PLC0415

    worker.patience = Patience(
        idle_seconds=settings.gunicorn_keepalive,
        header_seconds=settings.checkout_header_timeout,
        body_seconds=settings.checkout_body_timeout,
    )
    with app.app_context():
        db.engine.dispose(close=False)
