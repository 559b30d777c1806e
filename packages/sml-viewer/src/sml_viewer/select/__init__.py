"""Select the runs of a figure: queries, rules, duplicates, names.

Imports everything from model to series.
"""
