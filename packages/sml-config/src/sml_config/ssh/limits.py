"""Time limits of the steps of a connection, in seconds."""

CONNECT = 5.0
BANNER = 5.0
LOGIN = 10.0
SESSION = 10.0
# A connection without any data for so long counts as lost.
IDLE = 30.0
