"""What lists, run pages and comparisons show of runs.

Imports everything from model to analysis.
"""
