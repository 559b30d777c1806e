"""The settings of a project: files, types, defaults, and how they reach child processes."""
