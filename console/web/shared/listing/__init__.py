"""The lists of the console and its API: one definition each, of what can be asked and what is read for it."""
