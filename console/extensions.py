"""The Flask extensions, unbound; `create_app` binds them to an app."""

from __future__ import annotations

from typing import cast

from flask import current_app
from flask_caching import Cache
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from console.csrf import FormGuard
from console.limiter import ViewLimiter
from console.models import Base
from console.settings import Settings

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
