"""The run folder: its path, exclusive ownership, and resuming."""
