"""Tasks: expansion of grids, plan files, shards, and command line arguments."""
