"""Ages as they are given to commands: a whole number and its unit, such as `90d`."""

from __future__ import annotations

import re

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_WRITTEN = re.compile(r"([0-9]{1,6})([mhdw])")


def read_age(written: str, *, units: str) -> int | None:
    """Read an age in one of these units (minutes, hours, days, weeks), in seconds; None when it is no such age."""
    found = _WRITTEN.fullmatch(written.strip().lower())
    if found is None or found[2] not in units:
        return None
    return int(found[1]) * _SECONDS[found[2]]
