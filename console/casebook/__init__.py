"""One checkout as people want it told: why it is where it is, what could be done, its money, its prices, its times."""
