"""Which columns are measured and which count steps: names, choice, derived axes.

Imports model, config, readers and the library.
"""
