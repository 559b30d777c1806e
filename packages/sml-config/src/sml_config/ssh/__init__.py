"""Logins to other machines by the system's `ssh`, for all packages."""

from .connection import Channel, Connection
from .destination import ACCEPT_NEW, REFUSE, Destination, environment_without, parse_address
from .errors import ConnectionLostError, HostKeyError, SshError
from .login import agent_is_silent, connect, fetch_host_key
from .private import limit_core
from .program import missing_program

__all__ = [
    "ACCEPT_NEW",
    "REFUSE",
    "Channel",
    "Connection",
    "ConnectionLostError",
    "Destination",
    "HostKeyError",
    "SshError",
    "agent_is_silent",
    "connect",
    "environment_without",
    "fetch_host_key",
    "limit_core",
    "missing_program",
    "parse_address",
]
