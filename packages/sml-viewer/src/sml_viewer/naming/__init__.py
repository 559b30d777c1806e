"""Names of runs in figures and tables: sub-figures, algorithms, seeds.

May import model, config and columns.
"""
