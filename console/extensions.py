"""The Flask extensions, unbound; `create_app` binds them to an app."""

from __future__ import annotations

from typing import cast

from flask import current_app
from flask_caching import Cache
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from console.csrf import FormGuard
from console.models import Base
from console.settings import Settings


class ViewLimiter(Limiter):
    """A limiter that looks at the requests of the views it limits, and at no others.

    Flask-Limiter looks at each request twice: before its view is found, for the limits of the app and its blueprints,
    and again where the view is limited. There are none of the first kind here.
    """

    def _check_request_limit(  # the names and their order are Flask-Limiter's
        self,
        callable_name: str | None = None,
        in_middleware: bool = True,  # noqa: FBT001, FBT002
    ) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


SETTINGS_KEY = "checkout_settings"

# The models know nothing of Flask: their metadata is handed over, and db.Model stays unused. An attribute that is
# read after a commit must not open a transaction, on SQLite perhaps the only one that can write: nothing expires.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False}, disable_autonaming=True)
migrate = Migrate(db=db, render_as_batch=True)
login_manager = LoginManager()
limiter = ViewLimiter(get_remote_address, swallow_errors=True)  # with Redis gone it counts in memory, and never fails
cache = Cache()
csrf = FormGuard()


def current_settings() -> Settings:
    """Hand out the settings of the app at work."""
    return cast(Settings, current_app.extensions[SETTINGS_KEY])
