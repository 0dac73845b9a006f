"""Who works with the console: their accounts and API tokens."""
