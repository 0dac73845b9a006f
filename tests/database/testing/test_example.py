"""The documented example, run as a shop outside would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.places import ROOT

_FILE = re.compile(r"^```python\n# (tests/\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_documented_tests_pass_in_a_shop_of_ones_own(tmp_path: Path) -> None:
    documented = dict(_FILE.findall((ROOT / "docs" / "testing.md").read_text(encoding="utf-8")))
    for name, source in documented.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source, encoding="utf-8")
    contract = "tests/test_gateway.py::TestOurGateway::test_second_void_is_refused"

    ran = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-q",
            "tests/test_buying.py",
            contract,
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert set(documented) >= {"tests/conftest.py", "tests/test_buying.py", "tests/test_gateway.py"}
    assert (ran.returncode, "6 passed" in ran.stdout) == (0, True), ran.stdout + ran.stderr
