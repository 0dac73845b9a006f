"""What a cart costs: money, the price of a line, discount, tax and shipping, and how far prices moved."""
