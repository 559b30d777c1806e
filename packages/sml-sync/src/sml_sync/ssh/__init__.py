"""Connections to targets: by the system's `ssh`, or by paramiko."""
