"""Browsers in shops with settings of their own; options of forms that are written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from wtforms.widgets import Select

from tests.support.installation import build_app, close
from tests.support.web.browser import Browser
from tests.support.web.options import write_option


@pytest.fixture(scope="session", autouse=True)
def shared_options() -> Iterator[None]:
    """Write an option once in this process, not once for each of the pages that tests open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Select, "render_option", staticmethod(write_option))
        yield


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
