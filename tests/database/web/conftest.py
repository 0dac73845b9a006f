"""Browsers in shops with settings of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from tests.support.installation import build_app, close
from tests.support.web.browser import Browser


@pytest.fixture
def browser_at(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Browser]]:
    """Make browsers, each at a shop with settings of its own."""
    apps: list[APIFlask] = []

    def make(**settings: str) -> Browser:
        apps.append(build_app(database_url, tmp_path, **settings))
        return Browser(apps[-1])

    yield make
    for app in apps:
        close(app)
