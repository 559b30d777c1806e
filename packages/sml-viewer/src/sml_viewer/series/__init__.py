"""From a run to y over x, and seeds on one grid.

Imports model, config, columns and the library.
"""
