"""Logging in: key files, agent, password, keyboard-interactive, in this order."""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import getpass
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko

from sml_sync.errors import ConnectError

from .ssh_config import Endpoint

# sshd hangs up after six attempts; a password needs two of them.
_MOST_KEYS = 4
_AGENT_SECONDS = 3.0
_KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def log_in(transport: paramiko.Transport, endpoint: Endpoint, *, interactive: bool) -> str:
    """Log in; returns how. Raises ConnectError with what was tried; asks only if `interactive`."""
    tried: list[str] = []
    agent = _agent(tried)
    try:
        for name, attempt in _attempts(transport, endpoint, agent, interactive, tried):
            tried.append(name)
            try:
                wanted = attempt()
                if wanted:
                    tried[-1] += f" (right, but {' and '.join(wanted)} must follow)"
            except paramiko.BadAuthenticationType as error:
                tried[-1] += f" (only {', '.join(error.allowed_types)} is allowed)"
            except paramiko.AuthenticationException:
                if not transport.is_active():
                    break
            if transport.is_authenticated():
                return name
    except (paramiko.SSHException, EOFError, OSError) as error:
        tried.append(str(error) or type(error).__name__)
    finally:
        if agent is not None:
            agent.close()
    remedy = "check user and password, or add your public key to ~/.ssh/authorized_keys there"
    raise ConnectError(
        "login", f"{endpoint.user} was not let in; tried: {'; '.join(tried) or 'nothing'}; {remedy}"
    )


def _attempts(
    transport: paramiko.Transport,
    endpoint: Endpoint,
    agent: paramiko.Agent | None,
    interactive: bool,
    tried: list[str],
) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    user, password = endpoint.user, endpoint.target.password
    for number, (name, key) in enumerate(_keys(endpoint, agent, interactive, tried)):
        if number == _MOST_KEYS:
            tried.append("no more keys (name the right one: MAIN_MACHINE_KEY_FILE, --key, IdentityFile)")
            break
        yield name, functools.partial(transport.auth_publickey, user, key)
    if password is not None:
        refused: list[bool] = []

        def give() -> list[str]:
            try:
                return transport.auth_password(user, password, fallback=False)
            except paramiko.BadAuthenticationType:
                refused.append(True)
                raise

        yield "password", give
        if refused:  # a wrong one is not given twice
            answers = _answers(password, interactive and sys.stdin.isatty(), tried)
            yield "keyboard-interactive", lambda: transport.auth_interactive(user, answers)
    elif interactive and sys.stdin.isatty():
        yield "keyboard-interactive", lambda: transport.auth_interactive(user, _ask)
        yield (
            "password",
            lambda: transport.auth_password(user, getpass.getpass(f"password of {user}@{endpoint.host}: ")),
        )


def _keys(
    endpoint: Endpoint, agent: paramiko.Agent | None, interactive: bool, tried: list[str]
) -> Iterator[tuple[str, paramiko.PKey]]:
    """Keys that may be tried, each once: files that were named, the agent's, the usual files."""
    held = {key.asbytes(): key for key in agent.get_keys()} if agent is not None else {}
    seen: set[bytes] = set()

    def of_files() -> Iterator[tuple[str, paramiko.PKey]]:
        for path in endpoint.key_files:
            public = _public_part(path)
            if public in held and public not in seen:
                seen.add(public)
                yield f"agent key {path.name}", held[public]
            elif public not in seen and (loaded := _load(path, endpoint, interactive, tried)) is not None:
                seen.add(loaded.asbytes())
                yield f"key {path}", loaded

    if endpoint.keys_named:
        yield from of_files()
    if not endpoint.identities_only:
        for blob, key in held.items():
            if blob not in seen:
                seen.add(blob)
                yield "agent key", key
    if not endpoint.keys_named:
        yield from of_files()


def _agent(tried: list[str]) -> paramiko.Agent | None:
    """The agent; one that is silent is done without, which paramiko would wait for."""
    found: list[paramiko.Agent] = []

    def ask() -> None:
        # One that hangs up, or talks nonsense, has no keys for us.
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError, ValueError, LookupError):
            found.append(paramiko.Agent())

    asking = threading.Thread(target=ask, name="ssh agent", daemon=True)
    asking.start()
    asking.join(_AGENT_SECONDS)
    if asking.is_alive():
        tried.append(f"the agent (silent for {_AGENT_SECONDS:.0f} s)")
    return found[0] if found else None


def _public_part(path: Path) -> bytes:
    """The public key beside a private one; empty if there is none."""
    try:
        words = Path(f"{path}.pub").read_text(encoding="ascii").split()
        return base64.b64decode(words[1])
    except (OSError, IndexError, binascii.Error, UnicodeDecodeError):
        return b""


def _load(path: Path, endpoint: Endpoint, interactive: bool, tried: list[str]) -> paramiko.PKey | None:
    passphrase = endpoint.target.passphrase or endpoint.target.password
    try:
        return _read(path, passphrase)
    except paramiko.PasswordRequiredException:
        if interactive and sys.stdin.isatty():
            try:
                return _read(path, getpass.getpass(f"passphrase of {path}: "))
            except paramiko.SSHException:
                tried.append(f"key {path} (wrong passphrase)")
                return None
        tried.append(f"key {path} (needs its passphrase: ssh-add {path}, or export SML_PASSPHRASE)")
    except OSError as error:
        tried.append(f"key {path} ({error.strerror or error})")
    except (paramiko.SSHException, ValueError) as error:
        tried.append(f"key {path} ({error or type(error).__name__})")
    return None


def _read(path: Path, passphrase: str | None) -> paramiko.PKey:
    """Raises PasswordRequiredException, SSHException, OSError."""
    failure: paramiko.SSHException | None = None
    for kind in _KEY_KINDS:
        try:
            return kind.from_private_key_file(str(path), passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError) as error:
            # Each kind refuses the others' files; what the right one says cannot be told from it.
            failure = paramiko.SSHException(f"not a readable key, or a wrong passphrase ({error})")
    raise failure or paramiko.SSHException("not a key")


def _answers(
    password: str, may_ask: bool, tried: list[str]
) -> Callable[[str, str, list[tuple[str, bool]]], list[str]]:
    """Answers the first hidden question with the password, and asks a person the others, such as a code."""
    given: list[bool] = []

    def answer(title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        found = []
        for prompt, shown in prompts:
            if not shown and not given:
                given.append(True)
                found.append(password)
            elif may_ask:
                found += _ask(title, instructions, [(prompt, shown)])
            else:
                tried.append(f"{prompt.strip()!r} is asked too, and there is no terminal to ask it on")
                found.append("")
        return found

    return answer


def _ask(title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
    for line in (title, instructions):
        if line:
            sys.stderr.write(line + "\n")
    return [input(text) if shown else getpass.getpass(text) for text, shown in prompts]
