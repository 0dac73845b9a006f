"""The parts of an address that forms ask for: each country's own, under the names they have there."""

from __future__ import annotations

from functools import cache
from typing import Any

from console.engine.cart.addresses import PARTS, countries, rule_of

AskedPart = tuple[str, str, bool]  # its name, its label, and whether it is needed


def asked_parts(country: str) -> list[AskedPart]:
    """List all parts with their labels, those of the country first; before there is one, nothing is called optional."""
    rule = rule_of(country)
    names = (*rule.parts, *(name for name in PARTS if name not in rule.parts))
    return [(name, _label(rule.called[name], country, name in rule.needs), name in rule.needs) for name in names]


def _label(called: str, country: str, is_needed: bool) -> str:  # noqa: FBT001 - as in AskedPart
    return called if is_needed or not country else f"{called} (optional)"


@cache
def address_rules() -> dict[str, Any]:
    """Give what a page needs to follow the country by itself: the different rules, and each country's by its number."""
    rules: list[list[AskedPart]] = []
    numbers: dict[str, int] = {}
    for country in ("", *countries()):
        used = [part for part in asked_parts(country) if part[0] in rule_of(country).parts]
        if used not in rules:
            rules.append(used)
        numbers[country] = rules.index(used)
    return {"rules": rules, "countries": numbers}
