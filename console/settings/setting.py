"""One row of the table: a setting's name, kind, default, help and unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.settings.kinds import DIRECTORY, Kind


@dataclass(frozen=True)
class Computed:
    """A default that depends on other settings; `compute` may raise ValueError with the reason."""

    text: str
    compute: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Setting:
    """One row of the table. An empty string in the environment means unset, unless `empty_counts`."""

    name: str
    kind: Kind
    default: Any
    help: str
    unit: str = ""
    secret: bool = False
    empty_counts: bool = False

    @property
    def default_text(self) -> str:
        """Word the default for people."""
        if isinstance(self.default, Computed):
            return self.default.text
        return word(self.default)

    def default_value(self, values: Mapping[str, Any]) -> Any:
        """Work the default out from the settings before it in the table.

        Raises: ValueError when there is none to be had.
        """
        if isinstance(self.default, Computed):
            return self.default.compute(values)
        if self.kind is DIRECTORY:
            return self.kind.read(self.default)
        return self.default


def word(value: Any) -> str:
    """Write a setting's value for people, as the environment would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def sqlite_file(name: str) -> Callable[[Mapping[str, Any]], str]:
    """Make what computes the URL of an SQLite file in INSTANCE_PATH."""
    return lambda values: f"sqlite:///{values['INSTANCE_PATH'] / name}"
