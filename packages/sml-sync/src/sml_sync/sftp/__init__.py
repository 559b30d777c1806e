"""SFTP version 3: packets, channels, and many requests on their way at once."""
