"""Connect by the system's `ssh`, which handles ssh_config, agents, certificates and open connections."""

from __future__ import annotations

from pathlib import Path

from sml_config import ssh
from sml_sync.errors import ConnectError, TargetError
from sml_sync.targets import Target

from . import host_key
from .connect import StepCallback


def log_in(target: Target, *, interactive: bool, on_step: StepCallback) -> ssh.Connection:
    """Log in. Raises ConnectError, TargetError."""
    file = target.known_hosts
    if target.host_key == ssh.ACCEPT_NEW and file is not None:
        # ssh would say that it cannot write the key, and go on.
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.open("ab").close()
        except OSError as error:
            shown = fetch_host_key(target)
            raise host_key.unwritten(shown.host, shown.shown, file, error) from None
    try:
        return ssh.connect(_destination(target), interactive=interactive, on_step=on_step)
    except ssh.SshError as error:
        raise _translate(target, error) from None


def fetch_host_key(target: Target) -> host_key.HostKey:
    """The key that a host shows. Raises ConnectError, TargetError."""
    try:
        line, shown, file = ssh.fetch_host_key(_destination(target))
    except ssh.SshError as error:
        raise _translate(target, error) from None
    return host_key.HostKey(shown, line, file)


def _destination(target: Target) -> ssh.Destination:
    return ssh.Destination(
        target.host,
        target.port,
        target.user,
        None if target.key_filename is None else Path(target.key_filename),
        target.known_hosts,
        target.host_key,
        target.ssh_config,
        target.password,
        target.passphrase,
    )


def _translate(target: Target, error: ssh.SshError) -> ConnectError | TargetError:
    if isinstance(error, ssh.HostKeyError):
        return host_key.refused(target, error.reason, error.host, error.key)
    return TargetError(str(error)) if error.step == "settings" else ConnectError(error.step, str(error))
