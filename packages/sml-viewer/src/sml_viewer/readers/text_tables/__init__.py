"""Tables of text, a row in each line: CSV, TSV and JSON lines."""
