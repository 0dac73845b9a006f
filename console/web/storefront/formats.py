"""How the shop writes prices, countries and lengths of time."""

from __future__ import annotations

from functools import cache

from babel.core import Locale
from babel.numbers import format_currency
from flask import Flask

from console.engine.cart.addresses import countries
from console.engine.prices.money import decimals, to_major
from console.web.shared.cart_protection import format_seconds
from console.web.shared.resources import Money

LOCALE = Locale("en", "GB")
ART_COLOURS = 6


def register(app: Flask) -> None:
    """Give an app's templates these filters."""
    app.jinja_env.filters.update(price=price, seconds=format_seconds, country_name=country_name, art_colour=art_colour)


def price(money: Money) -> str:
    """Write an amount with its sign and as many decimals as its currency has: `£4.20`, `JP¥1,200`."""
    places = decimals(money.currency)
    pattern = "¤#,##0" + ("." + "0" * places if places else "")
    major = to_major(money.amount, currency=money.currency)
    return str(format_currency(major, money.currency, format=pattern, locale=LOCALE, currency_digits=False))


@cache
def countries_by_name() -> dict[str, str]:
    """Give the countries' names by their codes, in the order of the names."""
    return dict(sorted(countries().items(), key=lambda country: country[1]))


def country_name(code: str) -> str:
    """Give a country's name; a code that is none stays."""
    return countries().get(code, code)


def art_colour(sku: str) -> int:
    """Choose the colour that stands for a product's picture; the same product always gets the same one."""
    return sum(map(ord, sku)) % ART_COLOURS
