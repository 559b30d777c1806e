"""Plot options, configurations and names of older releases.

May import the modules at the root.
"""
