"""Choose the x and y columns: names of metrics and step counters, derived axes.

May import model, config, readers and the library.
"""
