"""Archive a project's code for a run, and unpack it again."""
