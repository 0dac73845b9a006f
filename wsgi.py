"""The web application for gunicorn and the flask command: `wsgi:app`."""

import sys

from console import create_app
from console.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Checkout Console does not start: {error}")
