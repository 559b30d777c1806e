"""Metrics collected to rows."""
