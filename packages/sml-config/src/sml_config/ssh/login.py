"""Log in over the user's open connection, or over a private one that ends with this process."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from .askpass import Answers, Askpass, UnansweredError
from .connection import Connection
from .destination import ACCEPT_NEW, REFUSE, Destination
from .errors import HostKeyError, SshError
from .messages import Transcript, Watch
from .private import PrivateFolder, ended
from .settings import Settings, effective

CONNECT_SECONDS = 5.0
LOGIN_SECONDS = 10.0
AGENT_SECONDS = 3.0
# Somebody types a password.
_TYPING_SECONDS = 120.0
_TICK_SECONDS = 0.004
_CHECK_SECONDS = 5.0


def connect(
    destination: Destination,
    *,
    interactive: bool = False,
    watch: Watch = lambda *_: None,
    connect_seconds: float = CONNECT_SECONDS,
    login_seconds: float = LOGIN_SECONDS,
) -> Connection:
    """Log in; `watch` hears each step. Raises SshError, HostKeyError.

    Questions are put to the person at the terminal if `interactive`, else what has no stored answer fails.
    """
    environment = destination.environment()
    folder = PrivateFolder(environment)
    try:
        destination.write_config(folder.path, connect_seconds)
        settings = effective(destination, folder.path, environment)
        if (control := _live(destination, settings, environment)) is not None:
            watch("login", f"{settings.user} over the connection that is open at {control}")
            return Connection(folder, environment, control, None)
        # A name server gets more time, and so has a machine on which ssh itself starts slowly.
        limits = {"login": login_seconds, "resolve": 3 * connect_seconds}
        transcript = Transcript(watch, connect_seconds)
        for options in ((), ("IdentitiesOnly=yes",)):
            login = _Login(destination, settings, folder, transcript, options)
            try:
                master = login.run(environment, limits, 2 * connect_seconds, interactive=interactive)
                break
            except SshError:
                # An agent of many keys comes before the one that is named.
                if not transcript.had_too_many or options:
                    raise
                transcript = Transcript(watch, connect_seconds)
        return Connection(folder, environment, folder.path / "master", master)
    except BaseException:
        folder.close()
        raise


def shown_host_key(destination: Destination) -> tuple[str, str, Path]:
    """The line of known_hosts for the key that a host shows, its kind and fingerprint, and the file for it.

    Nobody logs in. Raises SshError.
    """
    environment = destination.environment()
    folder = PrivateFolder(environment)
    try:
        destination.write_config(folder.path, CONNECT_SECONDS)
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
        transcript = Transcript(lambda *_: None, CONNECT_SECONDS)
        login = _Login(destination, settings, folder, transcript, options)
        try:
            master = login.run(environment, {}, 2 * CONNECT_SECONDS, interactive=False)
            master.terminate()
            ended(master)
        except SshError:
            if not shown.exists():
                raise
        first = settings.known_hosts.split()[0]
        file = destination.known_hosts or Path(first).expanduser()
        return shown.read_text(encoding="utf-8").splitlines()[-1], transcript.key, file
    finally:
        folder.close()


class _Login:
    """One try: starts ssh as a master and waits until it has logged in."""

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
        self, environment: dict[str, str], limits: dict[str, float], seconds: float, *, interactive: bool
    ) -> subprocess.Popen[bytes]:
        """The master, logged in. `limits` are seconds of a step, `seconds` of others. Raises SshError."""
        person = interactive and sys.stdin is not None and sys.stdin.isatty()
        target, settings = self._destination, self._settings
        answers = Answers(target.password, target.passphrase, settings.user, settings.host, person=person)
        askpass = Askpass(self._folder.path)
        words = self._words(interactive=person)
        if agent_is_mute():
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
                self._wait(master, lines, answers, askpass, limits, seconds)
            except BaseException:
                master.terminate()
                ended(master)
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
        limits: dict[str, float],
        seconds: float,
    ) -> None:
        transcript, socket_path, rest = self._transcript, self._folder.path / "master", b""
        step, since = "", time.monotonic()
        while not socket_path.exists():
            over = master.poll() is not None
            rest += lines.read()
            *whole, rest = rest.split(b"\n")
            for line in whole:
                transcript.hear(self._destination.named(line.decode("utf-8", "replace"), self._folder.path))
            if over:
                raise self._explained(transcript.failure(self._settings.user, answers.tried))
            if transcript.step != step:
                step, since = transcript.step, time.monotonic()
            limit = _TYPING_SECONDS if answers.was_asked else limits.get(step, seconds)
            if time.monotonic() - since > limit:
                raise SshError(step, f"no answer within {limit:.0f} s")
            try:
                askpass.serve(_TICK_SECONDS, answers.answer)
            except UnansweredError:
                raise transcript.not_let_in(self._settings.user, answers.tried) from None
        rest += lines.read()
        for line in rest.split(b"\n"):
            transcript.hear(line.decode("utf-8", "replace"))

    def _explained(self, error: SshError) -> SshError:
        if isinstance(error, HostKeyError):
            host = error.host or self._settings.key_name
            reason = error.reason
            if reason == "unknown" and self._destination.host_key not in (REFUSE, ACCEPT_NEW):
                reason = "pin"
            return HostKeyError(reason, host, error.key)
        return error


def _live(destination: Destination, settings: Settings, environment: dict[str, str]) -> Path | None:
    """The socket of a connection that the user has open; it hides a fingerprint that is demanded."""
    control = settings.control
    if control is None or destination.host_key not in (REFUSE, ACCEPT_NEW):
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        if stat.S_ISSOCK(control.stat().st_mode):
            done = subprocess.run(
                ["ssh", "-F", "none", "-S", str(control), "-O", "check", "--", "host"], env=environment,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=_CHECK_SECONDS, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return control
    return None


def agent_is_mute() -> bool:
    """Whether the agent takes a question and does not answer; ssh would wait for it without an end."""
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
            return False  # ssh does without it too
    return False
