"""The catalogue."""

from __future__ import annotations

from console.web.api.calls import Call, route
from console.web.shared.goods import ProductQuery, find_product, find_products
from console.web.shared.resources import ProductAnswer, ProductPage


@route("GET", "/products", Call({200: ProductPage}, query=ProductQuery, refusals=("invalid",), is_public=True))
def list_products(query: ProductQuery) -> ProductPage:
    """List what is sold, by name."""
    return find_products(query)


@route("GET", "/products/<text:sku>", Call({200: ProductAnswer}, refusals=("not_found",), is_public=True))
def show_product(sku: str) -> ProductAnswer:
    """Show one product."""
    return find_product(sku)
