"""What the pages name is there, and what the code cites too: a file that has moved takes its mentions along."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from console.engine.care.invariants import INVARIANTS
from tests.support.repository import CODE, PAGES, ROOT, is_there, paths_in, prose, said_in

ENGINE = prose(ROOT / "docs/engine.md")
CITED = re.compile(r"\b(rule|invariant)s? (\d+(?:(?:,|,? and| to) \d+)*)", flags=re.IGNORECASE)
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def headings_of(page: Path) -> dict[str, str]:
    """Give a page's headings by what links call them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"): heading for heading in headings}


def numbers_cited(text: str) -> set[tuple[str, int]]:
    """Find the rules and invariants that a text cites."""
    return {(kind.lower(), int(number)) for kind, some in CITED.findall(text) for number in re.findall(r"\d+", some)}


def is_importable(dotted: str) -> bool:
    """Tell whether a dotted name is a module, or something in one."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            found = getattr(found, name, None)
        return found is not None
    return False


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_a_page_names_only_files_that_are_there(page: Path) -> None:
    spans = re.findall(r"`([^`]+)`", prose(page))

    assert [name for span in spans for name in paths_in(span) if not is_there(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    own = [link.partition("#") for link in links if "://" not in link]
    targets = [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in own]

    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [f"{target}#{anchor}" for target, anchor in targets if anchor and anchor not in headings_of(target)] == []


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_a_page_names_only_modules_that_are_there(page: Path) -> None:
    named = set(re.findall(r"\bconsole(?:\.(?!md\b)[A-Za-z_]\w*)+", page.read_text(encoding="utf-8")))
    gone = {"console.engine.payments.sandbox", "console.engine.signals"} if page.name == "CHANGELOG.md" else set()

    assert sorted(name for name in named - gone if not is_importable(name)) == []


def test_the_code_cites_only_files_that_are_there() -> None:
    cited = {
        (str(module.relative_to(ROOT)), name)
        for module in CODE
        for name in re.findall(r"(?<![\w./-])[\w./-]*\w\.(?:md|py)\b", said_in(module)) + paths_in(said_in(module))
    }

    assert ("console/models/types.py", "docs/engine.md") in cited
    assert sorted(each for each in cited if not is_there(each[1])) == []


def test_the_code_cites_only_headings_that_are_there() -> None:
    cited = {found for module in CODE for found in re.findall(r'docs/(\w+\.md), "([^"]+)"', said_in(module))}

    assert ("engine.md", "Words") in cited
    assert {
        (page, heading) for page, heading in cited if heading not in headings_of(ROOT / "docs" / page).values()
    } == set()


def test_every_rule_and_invariant_that_is_cited_is_written() -> None:
    rules = [int(number) for number in re.findall(r"^(\d+)\. \*\*", ENGINE, flags=re.MULTILINE)]
    cited = set().union(
        *(numbers_cited(said_in(module)) for module in CODE), *(numbers_cited(prose(page)) for page in PAGES)
    )

    assert rules == list(range(1, 16))
    assert {("rule", 4), ("invariant", 13)} <= cited
    assert {number for kind, number in cited if kind == "rule"} <= set(rules)
    assert {number for kind, number in cited if kind == "invariant"} <= {each.number for each in INVARIANTS}
