"""Settings of a project: files, types, defaults, and inheritance by child processes."""
