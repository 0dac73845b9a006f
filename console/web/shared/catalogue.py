"""The catalogue: what is sold, page by page and one by one."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from sqlalchemy import Row, Select, and_, func, literal, or_, select, tuple_

from console.engine.errors import InvalidInput, NotFound
from console.engine.store.database import Reader, look
from console.engine.store.tables import stock_levels, variant_prices, variants, warehouses
from console.extensions import current_settings, db
from console.web.shared.fields import Input, Printable
from console.web.shared.resources import Money, ProductAnswer, ProductPage

_POSITION = (variants.c.name, variants.c.id)


class ProductQuery(Input):
    """Which products, and which page of them."""

    model_config = ConfigDict(strict=False)  # a query is all text

    q: Printable = Field("", description="part of the name or SKU")
    cursor: Annotated[str, Field(max_length=1024)] = Field("", description="`next_cursor` of the page before")
    limit: Annotated[int, Field(ge=1, le=100)] = 50


def find_products(query: ProductQuery) -> ProductPage:
    """Find what is sold, by name.

    Raises:
        InvalidInput: for a cursor that is none of ours.
    """
    statement = _products().order_by(*_POSITION).limit(query.limit + 1)
    if query.q:
        matches = (column.icontains(query.q, autoescape=True) for column in (variants.c.name, variants.c.sku))
        statement = statement.where(or_(*matches))
    if query.cursor:
        statement = statement.where(tuple_(*_POSITION) > _read_cursor(query.cursor))
    rows = look(db.session(), lambda reader: reader.execute(statement).all())
    page = rows[: query.limit]
    next_cursor = _write_cursor(page[-1]) if len(rows) > len(page) else None
    return ProductPage(data=[_product(row) for row in page], next_cursor=next_cursor)


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


def _write_cursor(row: Row[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.name, row.id]).encode()).decode()


def _read_cursor(cursor: str) -> Any:
    """Read a position that `_write_cursor` wrote.

    Raises:
        InvalidInput: for anything else.
    """
    try:
        name, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise InvalidInput("This is no cursor of ours.", field="cursor") from error
    if not (isinstance(name, str) and name.isprintable() and type(row_id) is int and 0 <= row_id < 10**18):
        raise InvalidInput("This is no cursor of ours.", field="cursor")
    return tuple_(literal(name), literal(row_id))
