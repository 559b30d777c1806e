"""Read untrusted archives in a separate process, bounded in memory and time."""
