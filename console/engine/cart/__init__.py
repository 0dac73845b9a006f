"""The cart: made, changed while it is free, and what its addresses need."""
