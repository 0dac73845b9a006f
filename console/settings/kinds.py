"""What a setting's value may be: each kind reads one environment string and says what it allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")
DATABASE_DRIVERS = ("sqlite", "postgres", "postgresql", "postgresql+psycopg")
GATEWAY_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
EMAIL_ADDRESS = re.compile(r"(?:[^<>@\s][^<>@]*<)?[^<>@\s]+@[^<>@\s]+>?")
URL_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):([^@\s]*)@")


@dataclass(frozen=True)
class Kind:
    """One kind of value: its name in the docs, what it allows, in words, and how it is read.

    `read` raises ValueError for what is not allowed.
    """

    name: str
    allowed: str
    read: Callable[[str], Any]


def whole(low: int, high: int) -> Kind:
    """Make the kind of a whole number between two bounds, both included."""

    def read(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return Kind("whole number", f"a whole number from {low} to {high}", read)


def number(low: float, high: float) -> Kind:
    """Make the kind of a number, fractions allowed, between two bounds, both included."""

    def read(raw: str) -> float:
        value = float(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return Kind("number", f"a number from {low:g} to {high:g}", read)


def choice(*words: str) -> Kind:
    """Make the kind of one word out of several."""

    def read(raw: str) -> str:
        if raw not in words:
            raise ValueError(raw)
        return raw

    return Kind("choice", f"one of {', '.join(words)}", read)


def url(*schemes: str) -> Kind:
    """Make the kind of an absolute URL with one of the schemes; a trailing slash is dropped."""

    def read(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError(raw)
        return raw.rstrip("/")

    return Kind("URL", f"a URL beginning with {' or '.join(f'{scheme}://' for scheme in schemes)}", read)


def mask_url_passwords(text: str) -> str:
    """Put stars in the place of the password of every URL in the text."""
    return URL_PASSWORD.sub(r"\1:***@", text)


def _read_boolean(raw: str) -> bool:
    word = raw.lower()
    if word not in TRUE_WORDS + FALSE_WORDS:
        raise ValueError(raw)
    return word in TRUE_WORDS


def _read_directory(raw: str) -> Path:
    return Path(raw).expanduser().resolve()


def _read_database_url(raw: str) -> str:
    """Read a database URL; the path of an SQLite file becomes absolute, so that every process means one file."""
    try:
        parsed = make_url(raw)
    except ArgumentError as error:
        raise ValueError(raw) from error
    if parsed.drivername not in DATABASE_DRIVERS:
        raise ValueError(raw)
    if parsed.drivername != "sqlite":
        return raw
    if parsed.database in (None, "", ":memory:") or parsed.query:
        raise ValueError(raw)
    return f"sqlite:///{Path(parsed.database).resolve()}"


def _read_rate_limit(raw: str) -> str:
    if raw:
        parse_many(raw)
    return raw


def _read_currency(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", raw):
        raise ValueError(raw)
    return raw


def _read_prefix(raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", raw):
        raise ValueError(raw)
    return raw


def _read_email(raw: str) -> str:
    if not EMAIL_ADDRESS.fullmatch(raw):
        raise ValueError(raw)
    return raw


def _read_gateway(raw: str) -> str:
    if raw != "sandbox" and not GATEWAY_PATH.fullmatch(raw):
        raise ValueError(raw)
    return raw


TEXT = Kind("text", "any text", str)
BOOLEAN = Kind("boolean", "true or false", _read_boolean)
DIRECTORY = Kind("directory", "a path", _read_directory)
DATABASE_URL = Kind("database URL", "sqlite:/// and the path of a file, or a postgresql:// URL", _read_database_url)
RATE_LIMIT = Kind("rate limit", "a limit such as '5 per minute', or empty for none", _read_rate_limit)
CURRENCY = Kind("currency", "an ISO 4217 code of three capital letters", _read_currency)
EMAIL = Kind("e-mail address", "an e-mail address, with or without a name before it", _read_email)
PREFIX = Kind("prefix", "1 to 64 letters, digits and . _ - :", _read_prefix)
GATEWAY = Kind("gateway", "sandbox or package.module:Class (stripe is not to be had yet)", _read_gateway)
