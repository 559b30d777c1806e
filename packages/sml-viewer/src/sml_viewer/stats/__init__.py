"""From series to numbers: curves, scores, intervals, tests. Imports everything from model to report."""
