"""`checkout settings`."""

from __future__ import annotations

import pytest

from console.settings import TABLE
from tests.support.commands import Run
from tests.support.installation import SECRET_KEY

pytestmark = pytest.mark.databases("sqlite")


def test_every_setting_is_shown_with_what_is_in_force(run: Run) -> None:
    rows = {row["name"]: row for row in run("settings", "--json").document}

    assert list(rows) == [setting.name for setting in TABLE]
    assert (rows["CHECKOUT_TTL_MINUTES"]["value"], rows["CHECKOUT_TTL_MINUTES"]["source"]) == ("15", "default")
    assert rows["DATABASE_URL"]["source"] == "env"


def test_secrets_are_masked(run: Run) -> None:
    for shown in (run("settings").out, run("settings", "--json").out):
        assert SECRET_KEY not in shown
        assert "********" in shown


@pytest.mark.parametrize("columns", ["80", "160"])
def test_people_read_every_setting_in_any_width(run: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    out = run("settings").out

    assert all(setting.name in out for setting in TABLE)
    assert "how long a checkout may take" in out
    assert max(map(len, out.splitlines())) <= int(columns)
