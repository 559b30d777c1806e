"""An SSH connection to a target: host key checked, every step within its limit."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
from collections.abc import Iterator

import paramiko

from .errors import HostKeyError
from .targets import Target

_CONNECT_SECONDS = 5.0
_BANNER_SECONDS = 5.0
_AUTH_SECONDS = 10.0
_IDLE_SECONDS = 30.0


@contextlib.contextmanager
def sftp_to(target: Target) -> Iterator[paramiko.SFTPClient]:
    """An SFTP session. Raises HostKeyError, OSError or paramiko.SSHException."""
    client = paramiko.SSHClient()
    if target.known_hosts.exists():
        client.load_host_keys(str(target.known_hosts))
    client.set_missing_host_key_policy(_Refuse())
    connection = socket.create_connection((target.host, target.port), timeout=_CONNECT_SECONDS)
    with contextlib.closing(connection), contextlib.closing(client):
        # paramiko never sets it; without it every small file waits 40 ms for an acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            client.connect(
                target.host,
                target.port,
                username=target.user,
                password=target.password,
                key_filename=target.key_filename,
                sock=connection,
                banner_timeout=_BANNER_SECONDS,
                auth_timeout=_AUTH_SECONDS,
            )
        except paramiko.BadHostKeyException as error:
            shown = _fingerprint(error.key)
            message = (
                f"the key of {target} is not the one in {target.known_hosts} (it showed {shown}); "
                "somebody may be listening in, or the machine was set up anew"
            )
            raise HostKeyError(message, shown) from None
        sftp = client.open_sftp()
        channel = sftp.get_channel()
        if channel is not None:
            channel.settimeout(_IDLE_SECONDS)
        yield sftp


class _Refuse(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        shown = _fingerprint(key)
        host, _, port = hostname.strip("[").partition("]:")
        raise HostKeyError(
            f"the key of {host} is not known: {shown}. If that is the machine's key, "
            f"accept it with: ssh-keyscan -p {port or 22} {host} >> ~/.ssh/known_hosts",
            shown,
        )


def _fingerprint(key: paramiko.PKey) -> str:
    digest = hashlib.sha256(key.asbytes()).digest()
    return f"{key.get_name()} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
