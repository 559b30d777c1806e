"""Find and mask secrets in run folders.

May import readers and the modules at the root.
"""
