"""Logins to other machines by the system's `ssh`, for all packages."""

from .connection import Channel, Connection
from .destination import ACCEPT_NEW, REFUSE, Destination, environment_without, parse_address
from .errors import HostKeyError, SshError
from .login import agent_is_mute, connect, shown_host_key
from .program import missing_program

__all__ = [
    "ACCEPT_NEW",
    "REFUSE",
    "Channel",
    "Connection",
    "Destination",
    "HostKeyError",
    "SshError",
    "agent_is_mute",
    "connect",
    "environment_without",
    "missing_program",
    "parse_address",
    "shown_host_key",
]
