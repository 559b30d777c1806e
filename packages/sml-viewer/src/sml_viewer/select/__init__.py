"""From all runs to those that are drawn.

Imports everything from model to series.
"""
