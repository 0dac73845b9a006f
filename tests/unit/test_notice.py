"""What a release says of itself: its version, its licence, and what it contains that others wrote."""

from __future__ import annotations

import hashlib
import re
import tomllib

import console
from tests.support.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_everything_vendored_is_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    vendored = [path for path in (ROOT / "static/vendor").iterdir() if path.name != "README.md"]
    licences = [path for path in vendored if "LICENSE" in path.name]

    assert licences
    assert [path.name for path in vendored if f"static/vendor/{path.name}" not in notice] == []
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in vendored if path not in licences}
    assert digests == set(re.findall(r"[0-9a-f]{64}", notice))


def test_every_licence_goes_into_the_wheel() -> None:
    named = {"LICENSE", "NOTICE", *(str(path.relative_to(ROOT)) for path in ROOT.glob("static/vendor/*LICENSE*"))}

    assert PROJECT["project"]["license"] == "MIT"
    assert set(PROJECT["project"]["license-files"]) == named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_version_stands_in_one_place_and_in_the_changelog() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert newest
    assert newest[1] == console.__version__
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "console/__init__.py"
