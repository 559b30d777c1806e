"""Text output of the logger: on the console and in `log.txt`."""
