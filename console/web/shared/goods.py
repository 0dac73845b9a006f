"""The catalogue: what is sold, page by page and one by one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from sqlalchemy import Row, Select, and_, func, select

from console.engine.errors import NotFound
from console.engine.store.database import Reader, look
from console.engine.store.tables import stock_levels, variant_prices, variants, warehouses
from console.extensions import current_settings, db
from console.models.folding import fold, folded
from console.web.shared.fields import Input, Printable
from console.web.shared.listing.keyset import LONGEST_CURSOR, Sort, read_page
from console.web.shared.resources import Money, ProductAnswer, ProductPage

_SEARCHED = folded(variants.c.name + " " + variants.c.sku)  # the very words of ix_variants_searched
_BY_NAME = Sort("name", variants.c.name, variants.c.id, is_descending=False)


class ProductQuery(Input):
    """Which products, and which page of them."""

    model_config = ConfigDict(strict=False)  # a query is all text

    q: Printable = Field("", description="part of the name or SKU, in any case, with or without accents")
    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] = Field("", description="`next_cursor` of the page before")
    limit: Annotated[int, Field(ge=1, le=100)] = 50


def find_products(query: ProductQuery) -> ProductPage:
    """Find what is sold, by name.

    Raises:
        InvalidInput: for a cursor that is none of ours.
    """
    statement = _products()
    if query.q:
        statement = statement.where(_SEARCHED.contains(fold(query.q), autoescape=True))
    page = look(
        db.session(),
        lambda reader: read_page(reader, statement, sort=_BY_NAME, cursor=query.cursor or None, limit=query.limit),
    )
    return ProductPage(data=[_product(row) for row in page.rows], next_cursor=page.next_cursor)


def find_product(sku: str) -> ProductAnswer:
    """Find one product.

    Raises:
        NotFound: when none is sold under this SKU.
    """

    def find(reader: Reader) -> Row[Any] | None:
        return reader.execute(_products().where(variants.c.sku == sku)).one_or_none()

    row = look(db.session(), find)
    if row is None:
        raise NotFound("There is no such product.")
    return _product(row)


def _products() -> Select[Any]:
    """Build the query for what is sold: price in the shop's currency, pieces that nobody holds."""
    price = and_(
        variant_prices.c.variant_id == variants.c.id,
        variant_prices.c.currency_code == current_settings().checkout_currency,
    )
    free = (
        select(func.coalesce(func.sum(stock_levels.c.on_hand - stock_levels.c.reserved), 0))
        .join(warehouses, warehouses.c.id == stock_levels.c.warehouse_id)
        .where(stock_levels.c.variant_id == variants.c.id, warehouses.c.active)
        .scalar_subquery()
    )
    columns = (*variants.c["id", "sku", "name"], *variant_prices.c["unit_price", "currency_code"])
    query = select(*columns, free.label("available")).select_from(variants).outerjoin(variant_prices, price)
    return query.where(variants.c.active)


def _product(row: Row[Any]) -> ProductAnswer:
    price = None if row.unit_price is None else Money(amount=row.unit_price, currency=row.currency_code)
    return ProductAnswer(sku=row.sku, name=row.name, unit_price=price, available=int(row.available))
