"""What all commands have in common: help with examples, a place in the documentation, refusals in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console import __version__
from console.cli import CHECKOUT_COMMANDS, SANDBOX_COMMANDS
from tests.support.commands import Run
from tests.support.installation import build_app
from tests.support.places import ROOT

pytestmark = pytest.mark.databases("sqlite")

DOCUMENTATION = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = [("checkout", command) for command in CHECKOUT_COMMANDS] + [
    ("sandbox", command) for command in SANDBOX_COMMANDS
]


@pytest.mark.parametrize(("group", "command"), COMMANDS, ids=lambda part: getattr(part, "name", part))
def test_a_command_has_help_with_an_example(run: Run, group: str, command: object) -> None:
    name = command.name  # type: ignore[attr-defined]

    ran = run(name, "--help", group=group)

    assert ran.code == 0
    assert f"flask --app wsgi {group} {name}" in ran.out


@pytest.mark.parametrize(("group", "command"), COMMANDS, ids=lambda part: getattr(part, "name", part))
def test_the_documentation_names_a_command_and_all_its_options(group: str, command: object) -> None:
    section = re.search(
        rf"^## `{group} {command.name}.*?(?=^## |\Z)",  # type: ignore[attr-defined]
        DOCUMENTATION,
        flags=re.MULTILINE | re.DOTALL,
    )

    assert section, f"docs/cli.md has no section on {group} {command.name}"  # type: ignore[attr-defined]
    for parameter in command.params:  # type: ignore[attr-defined]
        for option in parameter.opts:
            assert not option.startswith("--") or f"`{option}" in section[0]


def test_the_documentation_names_no_command_that_is_not_there() -> None:
    documented = re.findall(r"^## `(\w+) ([\w-]+)", DOCUMENTATION, flags=re.MULTILINE)

    assert documented == [(group, command.name) for group, command in COMMANDS]


def test_the_version_is_told(run: Run) -> None:
    ran = run("--version")

    assert (ran.code, ran.out) == (0, f"Checkout Console, version {__version__}\n")


def test_a_database_that_is_not_migrated_is_told_in_one_line(tmp_path: Path) -> None:
    app = build_app(f"sqlite:///{tmp_path}/empty.sqlite3", tmp_path)

    ran = app.test_cli_runner().invoke(args=["checkout", "cleanup-expired-locks"])

    assert ran.exit_code == 1
    [line] = ran.stderr.splitlines()
    assert line.endswith("run: flask --app wsgi db upgrade")


def test_a_database_out_of_reach_is_told_in_one_line(tmp_path: Path) -> None:
    app = build_app("postgresql://postgres@127.0.0.1:1/nowhere", tmp_path)

    ran = app.test_cli_runner().invoke(args=["checkout", "doctor"])

    assert ran.exit_code == 1
    assert ran.stdout == ""
    assert ran.stderr.splitlines()[-1].startswith("Error: The database")
