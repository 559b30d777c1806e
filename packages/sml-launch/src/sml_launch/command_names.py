"""Names of the subcommands of `sml-launch`, for help, errors and the command line."""

COMMANDS = ("status", "logs", "stop", "retry", "resume", "wait", "missing")
