"""Pure functions of arrays: centres, intervals, tests, digits.

Imports the array types.
"""
