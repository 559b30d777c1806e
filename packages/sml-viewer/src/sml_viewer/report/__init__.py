"""Captions and notes of figures and tables.

Imports everything from model to stats.
"""
