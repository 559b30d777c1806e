"""Log in over the user's open connection, or over a private one that ends with this process."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from . import limits
from .askpass import Answers, Askpass, UnansweredError
from .connection import Connection
from .destination import ACCEPT_NEW, REFUSE, Destination
from .errors import HostKeyError, SshError
from .messages import StepCallback, Transcript
from .private import PrivateFolder, wait_or_kill
from .settings import Settings, effective

AGENT_SECONDS = 3.0
# A user types a password.
_TYPING_SECONDS = 120.0
_TICK_SECONDS = 0.004
_CHECK_SECONDS = 5.0
# Its length, MUX_MSG_HELLO and the version of the protocol.
_MUX_HELLO = struct.pack(">III", 8, 1, 4)


def connect(
    destination: Destination,
    *,
    interactive: bool = False,
    on_step: StepCallback = lambda *_: None,
) -> Connection:
    """Log in; `on_step` is called with each step and its result. Raises SshError, HostKeyError.

    Questions are put to the person at the terminal if `interactive`, else what has no stored answer fails.
    """
    environment = destination.environment()
    folder = PrivateFolder(environment)
    try:
        destination.write_config(folder.path, limits.CONNECT)
        settings = effective(destination, folder.path, environment)
        if (control := _open_master(destination, settings)) is not None:
            on_step("login", f"{settings.user} over the connection that is open at {control}")
            return Connection(folder, environment, control, None)
        # Name servers get more time; so do hosts on which ssh itself starts slowly.
        step_seconds = {"login": limits.LOGIN, "resolve": 3 * limits.CONNECT}
        transcript = Transcript(on_step, limits.CONNECT)
        for options in ((), ("IdentitiesOnly=yes",)):
            login = _Login(destination, settings, folder, transcript, options)
            try:
                master = login.run(environment, step_seconds, 2 * limits.CONNECT, interactive=interactive)
                break
            except SshError:
                # The keys of an agent are tried before the given one.
                if not transcript.had_too_many or options:
                    raise
                transcript = Transcript(on_step, limits.CONNECT)
        return Connection(folder, environment, folder.path / "master", master)
    except BaseException:
        folder.close()
        raise


def fetch_host_key(destination: Destination) -> tuple[str, str, Path]:
    """The line of known_hosts for the key that a host shows, its kind and fingerprint, and the file for it.

    Does not log in. Raises SshError.
    """
    environment = destination.environment()
    folder = PrivateFolder(environment)
    try:
        destination.write_config(folder.path, limits.CONNECT)
        settings = effective(destination, folder.path, environment)
        shown = folder.path / "shown"
        options = (
            f"UserKnownHostsFile={shown}",
            "GlobalKnownHostsFile=none",
            "StrictHostKeyChecking=accept-new",
            "PreferredAuthentications=none",
            "HashKnownHosts=no",
            "CheckHostIP=no",
        )
        transcript = Transcript(lambda *_: None, limits.CONNECT)
        login = _Login(destination, settings, folder, transcript, options)
        try:
            master = login.run(environment, {}, 2 * limits.CONNECT, interactive=False)
            master.terminate()
            wait_or_kill(master)
        except SshError:
            if not shown.exists():
                raise
        first = settings.known_hosts.split()[0]
        file = destination.known_hosts or Path(first).expanduser()
        return shown.read_text(encoding="utf-8").splitlines()[-1], transcript.key, file
    finally:
        folder.close()


class _Login:
    """One login attempt: starts ssh as a master and waits until it has logged in."""

    def __init__(
        self,
        destination: Destination,
        settings: Settings,
        folder: PrivateFolder,
        transcript: Transcript,
        options: tuple[str, ...] = (),
    ) -> None:
        self._destination = destination
        self._settings = settings
        self._folder = folder
        self._transcript = transcript
        self._options = options

    def run(
        self,
        environment: dict[str, str],
        step_seconds: dict[str, float],
        seconds: float,
        *,
        interactive: bool,
    ) -> subprocess.Popen[bytes]:
        """The master process, logged in. Time limits: `step_seconds`, else `seconds`. Raises SshError."""
        has_terminal = interactive and sys.stdin is not None and sys.stdin.isatty()
        target, settings = self._destination, self._settings
        answers = Answers(
            target.password, target.passphrase, settings.user, settings.host, has_terminal=has_terminal
        )
        askpass = Askpass(self._folder.path)
        words = self._words(interactive=has_terminal)
        if agent_is_silent():
            words += ["-o", "IdentityAgent=none"]
            answers.tried.append(f"the agent (silent for {AGENT_SECONDS:.0f} s)")
        log = self._folder.path / "log"
        with log.open("wb") as errors, log.open("rb") as lines:
            try:
                master = subprocess.Popen(
                    ["ssh", *words, "--", target.host], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=errors, env={**environment, **askpass.environment}, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise SshError("settings", f"ssh cannot be started: {error}") from None
            self._folder.guard(master)
            try:
                self._wait(master, lines, answers, askpass, step_seconds, seconds)
            except BaseException:
                master.terminate()
                wait_or_kill(master)
                raise
            finally:
                askpass.close()
        return master

    def _words(self, *, interactive: bool) -> list[str]:
        words = [word for option in self._options for word in ("-o", option)]
        words += self._destination.words(self._folder.path)
        words += ["-N", "-o", "ControlMaster=yes", "-S", str(self._folder.path / "master")]
        return words if interactive else [*words, "-o", "NumberOfPasswordPrompts=1"]

    def _wait(
        self,
        master: subprocess.Popen[bytes],
        lines: IO[bytes],
        answers: Answers,
        askpass: Askpass,
        step_seconds: dict[str, float],
        seconds: float,
    ) -> None:
        transcript, socket_path, partial = self._transcript, self._folder.path / "master", b""
        step, since = "", time.monotonic()
        while not socket_path.exists():
            over = master.poll() is not None
            partial += lines.read()
            *whole, partial = partial.split(b"\n")
            for line in whole:
                transcript.feed(
                    self._destination.with_user_paths(line.decode("utf-8", "replace"), self._folder.path)
                )
            if over:
                raise self._with_host(transcript.failure(self._settings.user, answers.tried))
            if transcript.step != step:
                step, since = transcript.step, time.monotonic()
            limit = _TYPING_SECONDS if answers.was_asked else step_seconds.get(step, seconds)
            if time.monotonic() - since > limit:
                raise SshError(step, f"no answer within {limit:.0f} s")
            try:
                askpass.serve(_TICK_SECONDS, answers.answer)
            except UnansweredError:
                raise transcript.login_failed(self._settings.user, answers.tried) from None
        partial += lines.read()
        for line in partial.split(b"\n"):
            transcript.feed(line.decode("utf-8", "replace"))

    def _with_host(self, error: SshError) -> SshError:
        if isinstance(error, HostKeyError):
            host = error.host or self._settings.key_name
            reason = error.reason
            if reason == "unknown" and self._destination.host_key not in (REFUSE, ACCEPT_NEW):
                reason = "pin"
            return HostKeyError(reason, host, error.key)
        return error


def _open_master(destination: Destination, settings: Settings) -> Path | None:
    """The socket of a connection that the user has opened; None for a pinned host key, which it hides."""
    control = settings.control
    if control is None or destination.host_key not in (REFUSE, ACCEPT_NEW):
        return None
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_CHECK_SECONDS)
        line.connect(os.fspath(control))
        # A master introduces itself (PROTOCOL.mux); `ssh -O check` learns no more, and takes 5 ms.
        if line.recv(len(_MUX_HELLO), socket.MSG_WAITALL) == _MUX_HELLO:
            return control
    return None


def agent_is_silent() -> bool:
    """Whether the agent accepts a request and does not answer; ssh would wait for it forever."""
    agent = os.environ.get("SSH_AUTH_SOCK")
    if not agent:
        return False
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(AGENT_SECONDS)
        try:
            line.connect(agent)
            line.sendall(struct.pack(">IB", 1, 11))  # SSH_AGENTC_REQUEST_IDENTITIES
            line.recv(1)
        except TimeoutError:
            return True
        except OSError:
            return False  # ssh continues without it too
    return False
