"""What pages and the JSON API share: how carts, checkouts and refusals are told, lists, limits, roles."""
