"""SFTP version 3: packets, channels, and a pipeline of concurrent requests."""
