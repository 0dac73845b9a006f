"""Lists as files for spreadsheets: their cells, what keeps a text a text, and the two kinds of file."""
