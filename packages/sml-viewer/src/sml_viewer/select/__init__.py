"""From all runs to those that are drawn. Imports model, config, columns, naming, series."""
