"""Render figures, tables and reports, and write them to files.

May import everything from model to run_views.
"""
