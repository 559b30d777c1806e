"""What a run is, and what is drawn of runs: plain data, no reading and no writing.

Imports the tools at the root.
"""
