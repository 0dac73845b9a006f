"""The half of the API that shoppers' pages and apps call: products, carts, checkouts, orders, webhooks."""
