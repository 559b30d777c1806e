"""What runs are called in figures and tables.

Imports model, config and columns.
"""
