"""The key that signs sessions: which ones are too weak, and the one a demo keeps for itself."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

MINIMUM_LENGTH = 32
MINIMUM_DISTINCT_CHARACTERS = 8
WELL_KNOWN = (
    "changeme", "changethis", "replaceme", "password", "placeholder", "insecure", "yoursecret", "mysecret",
    "supersecret", "secretsecret", "qwertyuiop",
)  # fmt: skip
KEPT_KEY_FILE = "secret_key"


def weakness_of(key: str) -> str | None:
    """Say what makes a key weak, in words; None for a good one."""
    if len(key) < MINIMUM_LENGTH:
        return f"it has {len(key)} characters, at least {MINIMUM_LENGTH} are needed"
    if key in (key + key)[1:-1] or len(set(key)) < MINIMUM_DISTINCT_CHARACTERS:
        return "it repeats itself"
    letters = "".join(filter(str.isalnum, key)).lower()
    if found := [word for word in WELL_KNOWN if word in letters]:
        return f"it contains the well-known '{found[0]}'"
    return None


def kept_key(directory: Path) -> str:
    """Read the random key kept in a directory, made on first use.

    Processes that start at the same time all get the same key: the file appears complete, and once.
    """
    path = directory / KEPT_KEY_FILE
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text)
    try:
        os.link(draft, path)  # unlike a rename, refuses when another process was first
    except FileExistsError:
        return
    finally:
        draft.unlink()
