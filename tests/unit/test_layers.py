"""The way imports may go: as [tool.importlinter] says, and no Flask below the web."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

PYTHON = [sys.executable, "-c"]


def test_imports_go_one_way() -> None:
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout


@pytest.mark.parametrize("package", ["console.engine", "console.models"])
def test_a_shop_that_imports_the_engine_does_not_load_flask(package: str) -> None:
    program = f"import sys, {package}; print(sorted({{'flask', 'werkzeug'}} & set(sys.modules)))"

    loaded = subprocess.run([*PYTHON, program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)

    assert loaded.stdout.strip() == "[]"
