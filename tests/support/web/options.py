"""The options of the shop's forms, written once for all tests of a process: a form lists every country, twice."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from markupsafe import Markup
from wtforms.fields.choices import Choice
from wtforms.widgets import Select

_write = Select.render_option
OPTIONS_KEPT = 3000


@lru_cache(OPTIONS_KEPT)
def _written(value: str, label: str, is_selected: bool) -> Markup:  # noqa: FBT001 - a key
    return _write(Choice(value, label, is_selected, {}))


def write_option(choice: Any) -> Markup:
    """Give an option as the widget writes it, which depends on nothing but the choice."""
    if choice.render_kw:
        return _write(choice)
    return _written(choice.value, choice.label, choice.selected)
