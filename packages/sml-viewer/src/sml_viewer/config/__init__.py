"""What a figure is to be: options, configurations, names of older releases.

Imports the tools at the root.
"""
