"""Numbers and words to figures, tables and files.

Imports everything from model to run_views.
"""
