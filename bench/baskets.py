"""Real baskets through the shop's own replay: no HTTP, a session for each of its processes."""

from __future__ import annotations

import json
from typing import Any

from bench.installation import Installation


def replay_baskets(installation: Installation, baskets: str, *, skus: str, clients: int, limit: int) -> dict[str, Any]:
    """Buy the first so many baskets of a file, over so many processes; give what the replay says of itself."""
    installation.flask("checkout", "import-catalog", skus, "--json")
    limits = ["--limit", str(limit), "--workers", str(clients), "--json"]
    report: dict[str, Any] = json.loads(installation.flask("checkout", "replay", baskets, "--skus", skus, *limits))
    return {"clients": clients, "limit": limit, **report}
