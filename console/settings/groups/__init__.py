"""The settings by what they are of: a file a group, each a tuple of settings; `table.py` concatenates them."""
