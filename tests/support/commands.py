"""Commands as an operator runs them, and what they said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from click.testing import Result

Run = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    result: Result

    @property
    def code(self) -> int:
        """The exit code."""
        return self.result.exit_code

    @property
    def out(self) -> str:
        """What it wrote to stdout."""
        return self.result.stdout

    @property
    def err(self) -> str:
        """What it wrote to stderr."""
        return self.result.stderr

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.result.stdout)
