"""Makes `.venv` what `requirements.lock` says, every file checked against its hash.

uv takes seconds where pip takes most of a minute, but does not read pip's configuration: it is told of it here,
and where that does not do, pip does it all. Needs nothing but Python 3.11 or newer.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
PIP = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check"]
LOCK = str(ROOT / "requirements.lock")
# Later ones win, as they do for pip.
SECTIONS = ("global", "install", ":env:")


def main() -> int:
    """Make the environment; hand back the exit code."""
    if not Path(PYTHON).exists():
        venv.create(BIN.parent, with_pip=True, symlinks=True)
    if _sync_with_uv():
        return 0
    print("uv did not do; pip takes over", file=sys.stderr)
    return subprocess.call([*PIP, "install", "--require-hashes", "--requirement", LOCK])


def _sync_with_uv() -> bool:
    if subprocess.call([*PIP, "install", "uv"]):
        return False
    sync = [str(BIN / "uv"), "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", LOCK]
    return subprocess.call(sync, env=os.environ | _uv_settings(_pip_settings())) == 0


def _pip_settings() -> dict[str, str]:
    """Read pip's settings, by option name."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    lines = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    settings = {}
    for section in SECTIONS:
        for name, value in lines.items():
            if name.startswith(f"{section}."):
                settings[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return settings


def _uv_settings(pip: dict[str, str]) -> dict[str, str]:
    """Say in uv's environment variables what pip was told; what uv was told by itself stays."""
    uv = {
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_INDEX": " ".join(pip.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(pip.get("find-links", "").split()),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # pip's way; the hashes decide anyway
        "SSL_CERT_FILE": pip.get("cert", ""),
    }
    return {name: value for name, value in uv.items() if value and name not in os.environ}


if __name__ == "__main__":
    sys.exit(main())
