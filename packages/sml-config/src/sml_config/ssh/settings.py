"""The settings that ssh uses for a destination, from `ssh -G`."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .destination import Destination, parse_address
from .errors import SshError

_SECONDS = 10.0
_MOST_JUMPS = 8


@dataclass(frozen=True)
class Settings:
    """Host and user as ssh will use them; the socket of an open connection is looked for at `control`."""

    host: str
    user: str
    control: Path | None
    known_hosts: str
    # The name of its key in known_hosts.
    key_name: str


def effective(destination: Destination, folder: Path, environment: dict[str, str]) -> Settings:
    """Ask ssh for its settings. Raises SshError if the configuration cannot be used."""
    values = _values([*destination.words(folder), "--", destination.host], destination, folder, environment)
    _refuse_jump_loops(destination, values.get("proxyjump", "none"), folder, environment)
    control = values.get("controlpath", "none")
    host, port = values.get("hostname", destination.host), int(values.get("port", "22"))
    alias = values.get("hostkeyalias")
    return Settings(
        # The name in its questions.
        alias or host,
        values.get("user", ""),
        None if control == "none" else Path(control),
        values.get("userknownhostsfile", "~/.ssh/known_hosts"),
        alias or (host if port == 22 else f"[{host}]:{port}"),
    )


def _refuse_jump_loops(
    destination: Destination, jump: str, folder: Path, environment: dict[str, str]
) -> None:
    """Raise SshError for a ProxyJump that forms a loop: ssh would start itself forever."""
    config = ["-F", str(folder / "config")]
    paths: list[tuple[str, ...]] = [(destination.host, name) for name in _names(jump)]
    while paths:
        *before, name = paths.pop()
        if name in before or len(before) > _MOST_JUMPS:
            text = f"ProxyJump of {destination.host} leads back to {name}; correct ~/.ssh/config"
            raise SshError("settings", text)
        values = _values([*config, "--", name], destination, folder, environment)
        paths += [(*before, name, below) for below in _names(values.get("proxyjump", "none"))]


def _names(jump: str) -> list[str]:
    """The hosts of a ProxyJump."""
    if jump == "none":
        return []
    try:
        return [parse_address(word)[1] for word in jump.split(",")]
    except ValueError:
        return []


def _values(
    words: list[str], destination: Destination, folder: Path, environment: dict[str, str]
) -> dict[str, str]:
    try:
        done = subprocess.run(
            ["ssh", "-G", *words], stdin=subprocess.DEVNULL, capture_output=True, env=environment,
            timeout=_SECONDS, check=False, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SshError("resolve", f"ssh -G {words[-1]} did not answer within {_SECONDS:.0f} s") from None
    except OSError as error:
        raise SshError("settings", f"ssh cannot be started: {error}") from None
    if done.returncode:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        reason = destination.with_user_paths(_reason(lines), folder)
        step = "resolve" if "hostname" in reason.lower() else "settings"
        raise SshError(step, reason)
    lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def _reason(lines: list[str]) -> str:
    """What ssh says is wrong, with the line of the file, which it may give in a second sentence."""
    errors = [line for line in lines if "terminal will not" not in line] or ["ssh -G failed"]
    is_split = len(errors) > 1 and " line " not in errors[0] and re.search(r" line \d+: Bad ", errors[1])
    return f"{errors[1]}: {errors[0]}" if is_split else errors[0]
