"""Data model of runs and results: plain data without I/O.

May import the modules at the root.
"""
