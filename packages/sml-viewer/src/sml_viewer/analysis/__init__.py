"""From selected runs to curves, scores and aggregates, with captions.

Imports everything from model to report.
"""
