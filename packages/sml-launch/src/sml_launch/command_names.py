"""The names of the commands beside launching itself: help, errors and the command line agree on them."""

COMMANDS = ("status", "logs", "stop", "retry", "resume", "wait", "missing")
