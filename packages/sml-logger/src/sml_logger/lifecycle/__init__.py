"""How a run begins, lives and ends, and its status file."""
