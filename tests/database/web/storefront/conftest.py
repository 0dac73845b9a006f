"""Browsers in the shop."""

from __future__ import annotations

import pytest
from apiflask import APIFlask

from tests.support.web.browser import Browser


@pytest.fixture
def browser(app: APIFlask) -> Browser:
    """Give out a browser that has not been in the shop yet."""
    return Browser(app)
