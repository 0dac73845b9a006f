"""Every setting of the console: read once from the environment, checked before anything starts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from console.settings import secret_key
from console.settings.kinds import mask_url_passwords
from console.settings.setting import Setting, word
from console.settings.table import TABLE

__all__ = ["TABLE", "Setting", "SettingRow", "Settings", "SettingsError", "describe", "load"]

OWN_PREFIX = "CHECKOUT_"
MASK = "********"


class SettingsError(Exception):
    """The settings do not allow a start; `problems` has one sentence for each, `str()` has all on one line."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class SettingRow:
    """One setting as it is in force, ready to print: secrets are masked."""

    name: str
    value: str
    default: str
    unit: str
    help: str
    source: str


@dataclass(frozen=True)
class Settings:
    """All settings in force, by lower-case name; `given` names those that came from the environment."""

    values: Mapping[str, Any]
    given: frozenset[str]

    def __getattr__(self, name: str) -> Any:
        values = object.__getattribute__(self, "values")
        try:
            return values[name.upper()]
        except KeyError:
            raise AttributeError(f"there is no setting {name.upper()}") from None

    @property
    def sweep_seconds(self) -> float:
        """The sweep's interval, CHECKOUT_CLEANUP_INTERVAL, in seconds."""
        return 60.0 * self.checkout_cleanup_interval


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check every setting.

    Raises: SettingsError naming every unknown `CHECKOUT_…` name and bad value, else a default that cannot be
    had or settings that contradict each other.
    """
    problems = _unknown_names(environ)
    values: dict[str, Any] = {}
    for setting in TABLE:
        raw = environ.get(setting.name)
        if raw is None or not (raw.strip() or setting.empty_counts):
            continue
        try:
            values[setting.name] = _read(setting, raw.strip())
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError(*problems)
    given = frozenset(values)
    _fill_defaults(values)
    _check_together(values)
    return Settings(MappingProxyType(values), given)


def describe(settings: Settings) -> list[SettingRow]:
    """List every setting with what is in force, in the table's order; secrets masked."""
    return [_row(setting, settings) for setting in TABLE]


def _unknown_names(environ: Mapping[str, str]) -> list[str]:
    known = [setting.name for setting in TABLE]
    problems = []
    for name in sorted(environ):
        if not name.startswith(OWN_PREFIX) or name in known:
            continue
        similar = difflib.get_close_matches(name, known, n=1)
        problems.append(f"{name} is no setting" + (f", did you mean {similar[0]}?" if similar else ""))
    return problems


def _read(setting: Setting, raw: str) -> Any:
    try:
        value = setting.kind.read(raw)
    except ValueError:
        shown = MASK if setting.secret else mask_url_passwords(raw)
        raise ValueError(f"{setting.name}={shown!r} is not allowed: {setting.kind.allowed}") from None
    if setting.name == "SECRET_KEY" and (weakness := secret_key.weakness_of(value)):
        raise ValueError(f"SECRET_KEY is too weak: {weakness}")
    return value


def _fill_defaults(values: dict[str, Any]) -> None:
    for setting in TABLE:
        if setting.name in values:
            continue
        try:
            values[setting.name] = setting.default_value(values)
        except (ValueError, OSError) as error:
            raise SettingsError(f"{setting.name} {error}") from error


def _check_together(values: Mapping[str, Any]) -> None:
    ttl, maximum = values["CHECKOUT_TTL_MINUTES"], values["CHECKOUT_MAX_TTL_MINUTES"]
    if ttl > maximum:
        raise SettingsError(f"CHECKOUT_TTL_MINUTES={ttl} is above CHECKOUT_MAX_TTL_MINUTES={maximum}")


def _row(setting: Setting, settings: Settings) -> SettingRow:
    value = mask_url_passwords(word(settings.values[setting.name]))
    return SettingRow(
        name=setting.name,
        value=MASK if setting.secret and value else value,
        default=setting.default_text,
        unit=setting.unit,
        help=setting.help,
        source="env" if setting.name in settings.given else "default",
    )
