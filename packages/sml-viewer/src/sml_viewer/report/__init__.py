"""Numbers to words: captions and notes.

Imports everything from model to stats.
"""
