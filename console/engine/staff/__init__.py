"""What people in the console do to a checkout: which action is allowed when, and each of them done."""
