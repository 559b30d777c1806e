"""Time limits of the steps of a connection, in seconds."""

CONNECT = 5.0
BANNER = 5.0
LOGIN = 10.0
SESSION = 10.0
# A line that neither brings nor takes anything for so long is dead.
IDLE = 30.0
