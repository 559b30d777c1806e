"""Destination of `ssh`: its command line, and a configuration that includes the user's own."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from .errors import SshError
from .program import version

REFUSE = "refuse"
ACCEPT_NEW = "accept-new"
_SYSTEM_CONFIG = "/etc/ssh/ssh_config"

# Read before the user's own, so that they win. Hosts on the way are reached with these too.
_FIRST = """\
ControlMaster no
ControlPersist no
AddKeysToAgent no
BatchMode no
ClearAllForwardings yes
EscapeChar none
ForwardAgent no
ForwardX11 no
LogLevel DEBUG1
PermitLocalCommand no
RemoteCommand none
RequestTTY no
Tunnel no
UpdateHostKeys no
"""
_FIRST_SINCE_8_7 = "ForkAfterAuthentication no\nSessionType default\nStdinNull no\n"
# Read after the user's own, so that theirs win. OpenSSH's first choice of a key exchange costs 0.1 s.
_LAST = """\
Host *
StrictHostKeyChecking yes
ConnectTimeout {seconds}
ServerAliveInterval 15
ServerAliveCountMax 2
KexAlgorithms ^curve25519-sha256,curve25519-sha256@libssh.org
Ciphers ^aes128-gcm@openssh.com
"""


@dataclass(frozen=True)
class Destination:
    """A machine; what is None is what ssh_config says. Secrets show in no `repr`.

    `host` is a name or an alias; `host_key` is `refuse` (only known keys, unless ssh_config says otherwise),
    `accept-new`, or `SHA256:…`, the one fingerprint that is right.
    """

    host: str
    port: int | None = None
    user: str | None = None
    key_file: Path | None = None
    known_hosts: Path | None = None
    host_key: str = REFUSE
    ssh_config: Path | None = None
    password: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)

    def words(self, folder: Path) -> list[str]:
        """Options of `ssh` before `--` and the host. Needs what `write_config` has written to the folder."""
        words = ["-F", str(folder / "config"), "-T"]
        if self.port is not None:
            words += ["-p", str(self.port)]
        if self.user is not None:
            words += ["-l", self.user]
        if self.key_file is not None:
            words += ["-o", f"IdentityFile={quoted(self.key_file)}", "-o", "IdentitiesOnly=yes"]
        if self.host_key == ACCEPT_NEW:
            words += ["-o", "StrictHostKeyChecking=accept-new"]
        elif self.host_key != REFUSE:
            words += [
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                f"KnownHostsCommand=/bin/sh {folder}/pin %f %H %t %K",
            ]
            words += ["-o", "UserKnownHostsFile=none", "-o", "GlobalKnownHostsFile=none"]
        return words

    def write_config(self, folder: Path, connect_seconds: float) -> None:
        """Write a configuration that includes the user's. Raises SshError if that cannot be read."""
        text = _FIRST + (_FIRST_SINCE_8_7 if (version() or (0, 0)) >= (8, 7) else "")
        if self.known_hosts is not None:
            # By a link: a configuration would take some signs of a name for its own.
            (folder / "known_hosts").symlink_to(self.known_hosts.absolute())
            text += f"UserKnownHostsFile {folder}/known_hosts\nGlobalKnownHostsFile none\n"
        if self.ssh_config is None:
            text += f"Include ~/.ssh/config\nHost *\nInclude {_SYSTEM_CONFIG}\n"
        else:
            try:
                self.ssh_config.open("rb").close()
            except OSError as error:
                raise SshError("settings", f"{self.ssh_config} cannot be read: {error.strerror}") from None
            (folder / "user_config").symlink_to(self.ssh_config.absolute())
            text += f"Include {folder}/user_config\n"
        (folder / "config").write_text(text + _LAST.format(seconds=max(round(connect_seconds), 1)))
        if self.host_key not in (REFUSE, ACCEPT_NEW):
            pin = shlex.quote(self.host_key.rstrip("="))
            (folder / "pin").write_text(
                f"""[ "$1" = {pin} ] && printf '%s %s %s\\n' "$2" "$3" "$4"\nexit 0\n"""
            )

    def with_user_paths(self, text: str, folder: Path) -> str:
        """A message of ssh with the user's names in the place of those of the folder."""
        for name, path in (("known_hosts", self.known_hosts), ("user_config", self.ssh_config)):
            if path is not None:
                text = text.replace(str(folder / name), str(path))
        return text

    def environment(self) -> dict[str, str]:
        """That of this process, without any variable that holds one of the secrets."""
        return environment_without(self.password, self.passphrase)


def environment_without(*secrets: str | None) -> dict[str, str]:
    """The environment of this process but for variables that hold a secret: a child shows all of it."""
    hidden = [secret for secret in secrets if secret]
    return {
        name: value for name, value in os.environ.items() if not any(secret in value for secret in hidden)
    }


def quoted(path: Path) -> str:
    """A path as a value in ssh_config."""
    text = str(path.absolute()).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


_ADDRESS = re.compile(
    r"""(?:ssh://)? (?:(?P<user>[^/]*)@)?
        (?: \[(?P<bracketed>[^\]]+)\] | (?P<six>[^@\[\]:]*(?::[^@\[\]:]*){2,}) | (?P<host>[^@\[\]:]+) )
        (?: :(?P<port>\d*) )? /?""",
    re.VERBOSE,
)


def parse_address(text: str) -> tuple[str | None, str, int | None]:
    """User, host and port of `host`, `user@host:port`, `[IPv6]:port` or `ssh://…`. Raises ValueError."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    host = match["bracketed"] or match["six"] or match["host"]
    port = int(match["port"]) if match["port"] else None
    if host.startswith("-") or (port is not None and not 0 < port < 65536):
        raise ValueError(text)
    return match["user"] or None, host, port
