"""How the shop writes prices, countries and lengths of time."""

from __future__ import annotations

from functools import cache

from babel.numbers import format_currency
from flask import Flask

from console.engine.cart.addresses import LOCALE, countries, postal_lines
from console.engine.prices.money import decimals, to_major
from console.models.folding import fold
from console.web.shared.cart_protection import format_seconds
from console.web.shared.resources import AddressAnswer, Money

ART_COLOURS = 6


def register(app: Flask) -> None:
    """Give an app's templates these filters."""
    app.jinja_env.filters.update(price=price, seconds=format_seconds, posted=as_posted, art_colour=art_colour)


def price(money: Money) -> str:
    """Write an amount with its sign and as many decimals as its currency has: `£4.20`, `JP¥1,200`."""
    places = decimals(money.currency)
    pattern = "¤#,##0" + ("." + "0" * places if places else "")
    major = to_major(money.amount, currency=money.currency)
    return str(format_currency(major, money.currency, format=pattern, locale=LOCALE, currency_digits=False))


@cache
def countries_by_name() -> dict[str, str]:
    """Give the countries' names by their codes, as people look names up: accents and case do not move a name."""
    return dict(sorted(countries().items(), key=lambda country: (fold(country[1]), country[1])))


def as_posted(address: AddressAnswer) -> list[str]:
    """Write an address as its country does, line by line."""
    return postal_lines(address.model_dump())


def art_colour(sku: str) -> int:
    """Choose the colour that stands for a product's picture; the same product always gets the same one."""
    return sum(map(ord, sku)) % ART_COLOURS
