"""What is shown of tables that are not in the store: their last rows, or columns that one answer needs."""
