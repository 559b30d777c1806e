"""Data behind the run list, run pages and comparisons of runs.

Imports everything from model to analysis.
"""
