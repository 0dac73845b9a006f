"""What is sold: the list with its search, and a product's page."""

from __future__ import annotations

from flask import Response, request

from console.web.shared.fields import validate
from console.web.shared.goods import ProductQuery, find_product, find_products
from console.web.storefront.drafts import LINE, find_draft
from console.web.storefront.forms import LineForm
from console.web.storefront.pages import blueprint, page

PAGE_SIZE = 24


@blueprint.get("/")
def home() -> Response:
    """Show a page of the catalogue, or of what a search finds."""
    wanted = {name: request.args[name] for name in ("q", "cursor") if name in request.args}
    query = validate(ProductQuery, {**wanted, "limit": PAGE_SIZE})
    return page("catalogue.html", query=query, products=find_products(query))


@blueprint.get("/products/<text:sku>")
def product(sku: str) -> Response:
    """Show a product, and the form that puts it into the cart."""
    found = find_product(sku)
    form = LineForm(sku=found.sku, quantity=1)
    typed = find_draft(LINE).fields
    if typed.get("sku") == found.sku:
        form.quantity.raw_data = [typed.get("quantity", "")]  # as it was typed, number or not
    return page("product.html", product=found, form=form)
