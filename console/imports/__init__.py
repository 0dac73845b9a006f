"""Files that people bring: CSV as it comes, the catalogue, real invoices to replay."""
