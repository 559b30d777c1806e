"""Start, heartbeat and end of a run, and its status file."""
