"""What ~/.ssh/config says about a target."""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import paramiko

from sml_sync.errors import TargetError
from sml_sync.targets import Target, parse_target

_DEFAULT_PORT = 22
_MOST_JUMPS = 8


@dataclass(frozen=True)
class Endpoint:
    """Where a target is and how to get there, nothing left open."""

    target: Target
    host: str
    port: int
    user: str
    key_files: tuple[Path, ...]
    identities_only: bool
    # Whether the key files are named, and not just the usual ones.
    keys_named: bool
    known_hosts: tuple[Path, ...]
    # The name that the host's key is known by.
    key_name: str
    # Hosts to go through, the first one first.
    jumps: tuple[Endpoint, ...] = ()
    proxy_command: str | None = None


def resolve(target: Target) -> Endpoint:
    """Fill in what the target leaves open. Raises TargetError if the configuration cannot be used."""
    return _resolve(target, _read(target.ssh_config), ())


def _resolve(target: Target, config: paramiko.SSHConfig, below: tuple[str, ...]) -> Endpoint:
    if target.host in below or len(below) > _MOST_JUMPS:
        raise TargetError(f"ProxyJump of {below[0]} leads back to {target.host}; correct ~/.ssh/config")
    try:
        said: Mapping[str, str | list[str]] = config.lookup(target.host)
    except (paramiko.SSHException, KeyError, OSError) as error:
        raise TargetError(f"~/.ssh/config cannot be used for {target.host}: {error}") from None
    values = {name: value for name, value in said.items() if isinstance(value, str)}
    host = values.get("hostname", target.host)
    port = target.port if target.port is not None else _port(values, target.host)
    user = target.user or values.get("user") or getpass.getuser()
    key_name = values.get("hostkeyalias") or (host if port == _DEFAULT_PORT else f"[{host}]:{port}")
    endpoint = Endpoint(
        target,
        host,
        port,
        user,
        _key_files(target, said.get("identityfile", [])),
        target.key_filename is not None or values.get("identitiesonly", "no") == "yes",
        target.key_filename is not None or "identityfile" in said,
        _known_hosts(target, values),
        key_name,
    )
    jump = values.get("proxyjump", "none")
    if jump.lower() != "none":
        jumps = [_jump(word, target, config, (*below, target.host)) for word in jump.split(",")]
        return replace(endpoint, jumps=tuple(step for way in jumps for step in (*way.jumps, way)))
    command = values.get("proxycommand", "none")
    return endpoint if command.lower() == "none" else replace(endpoint, proxy_command=command)


def _port(values: Mapping[str, str], host: str) -> int:
    said = values.get("port", str(_DEFAULT_PORT))
    if not said.isdigit():
        raise TargetError(f"~/.ssh/config gives {host} the port {said!r}; expected a number")
    return int(said)


def _jump(word: str, target: Target, config: paramiko.SSHConfig, below: tuple[str, ...]) -> Endpoint:
    # A password is for the target alone; hosts on the way are logged into with keys.
    user, host, port = parse_target(word.strip().removeprefix("ssh://"))
    hop = Target(host, port, user, known_hosts=target.known_hosts, passphrase=target.passphrase)
    return _resolve(hop, config, below)


def _key_files(target: Target, said: str | list[str]) -> tuple[Path, ...]:
    if target.key_filename is not None:
        return (Path(target.key_filename).expanduser(),)
    named = [said] if isinstance(said, str) else said
    usual = [f"~/.ssh/id_{kind}" for kind in ("ed25519", "ecdsa", "rsa")]
    files = (Path(name).expanduser() for name in (named or usual))
    # One that is named and is not there has to be told; the usual ones need not be there.
    return tuple(path for path in files if named or path.is_file())


def _known_hosts(target: Target, values: Mapping[str, str]) -> tuple[Path, ...]:
    if target.known_hosts is not None:
        return (target.known_hosts,)
    own = values.get("userknownhostsfile", "~/.ssh/known_hosts")
    common = values.get("globalknownhostsfile", "/etc/ssh/ssh_known_hosts")
    return tuple(Path(name).expanduser() for name in shlex.split(own) + shlex.split(common))


def _read(path: Path | None) -> paramiko.SSHConfig:
    config = path or Path("~/.ssh/config").expanduser()
    if path is None and not config.is_file():
        return paramiko.SSHConfig()
    try:
        return paramiko.SSHConfig.from_text("\n".join(_lines(config, 0)))
    except (OSError, UnicodeDecodeError, paramiko.SSHException, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TargetError(f"{config} cannot be read: {reason}") from None


def _lines(config: Path, depth: int) -> Iterator[str]:
    """The lines of a file with those of the files that it includes, which paramiko does not read."""
    block = "Host *"
    for line in config.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if word.lower() == "match" and "exec" in rest.lower().split():
            # paramiko would run a command that reads what is typed for the training.
            line = "Match host nothing-is-run-here"
        if word.lower() in ("host", "match"):
            block = line
        if word.lower() != "include" or depth == _MOST_JUMPS:
            yield line
            continue
        for pattern in shlex.split(rest):
            named = Path("~/.ssh").expanduser() / Path(pattern).expanduser()
            for path in sorted(Path(named.anchor).glob(str(named.relative_to(named.anchor)))):
                yield from _lines(path, depth + 1)
        # Blocks that were begun in there end there.
        yield block
