"""What the logger prints and writes to `log.txt`."""
