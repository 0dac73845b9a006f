"""How SQL is talked: connections and transactions, kept statements, tables, rows as objects."""
