"""`checkout settings`."""

from __future__ import annotations

from console.settings import TABLE
from tests.cli.conftest import Run
from tests.installation import SECRET_KEY


def test_every_setting_is_shown_with_what_is_in_force(run: Run) -> None:
    rows = {row["name"]: row for row in run("settings", "--json").document}

    assert list(rows) == [setting.name for setting in TABLE]
    assert (rows["CHECKOUT_TTL_MINUTES"]["value"], rows["CHECKOUT_TTL_MINUTES"]["source"]) == ("15", "default")
    assert rows["DATABASE_URL"]["source"] == "env"


def test_secrets_are_masked(run: Run) -> None:
    for shown in (run("settings").out, run("settings", "--json").out):
        assert SECRET_KEY not in shown
        assert "********" in shown
