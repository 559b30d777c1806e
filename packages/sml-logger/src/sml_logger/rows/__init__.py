"""Collect metrics into rows."""
