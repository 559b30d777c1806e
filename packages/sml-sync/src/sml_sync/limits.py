"""How long each step of the way to a target may take, in seconds."""

CONNECT = 5.0
BANNER = 5.0
LOGIN = 10.0
SESSION = 10.0
# A line that neither brings nor takes anything for so long is dead.
IDLE = 30.0
