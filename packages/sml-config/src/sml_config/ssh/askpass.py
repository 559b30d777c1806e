"""Answer the questions of ssh: its askpass helper passes them over a private socket."""

from __future__ import annotations

import getpass
import re
import shlex
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from .private import is_readable

_PASSPHRASE = re.compile(r"passphrase for (?:key )?'?(?P<key>.*?)'?:\s*\Z", re.IGNORECASE)
# The prefix of ssh's questions, which distinguishes the target from jump hosts.
_HOST = re.compile(r"\A\(?(?P<user>[^\s@]+)@(?P<host>[^\s)']+?)(?:\)|'s password)")
# Questions that are not for a password.
_NO_PASSWORD = re.compile(r"code|token|otp|factor|option|user ?name|login:|verif|yes/no", re.IGNORECASE)
_QUESTION_SECONDS = 5.0


class UnansweredError(Exception):
    """ssh asks a question that has no answer."""


class Answers:
    """Stored answers, each given once, and those of the user at the terminal, if any.

    `user` and `host` are those of the target: jump hosts do not get its password.
    """

    def __init__(
        self,
        password: str | None,
        passphrase: str | None,
        user: str,
        host: str,
        *,
        has_terminal: bool,
    ) -> None:
        self._password = password
        self._passphrase = passphrase or password
        self._target = (user, host)
        self._has_terminal = has_terminal
        # Keys whose passphrase was asked for, and how often.
        self._passphrase_requests: dict[str, int] = {}
        # Results of questions, for the error message.
        self.tried: list[str] = []
        self.was_asked = False

    def answer(self, question: str, hint: str) -> str | None:
        """The answer to ssh; None refuses. Raises UnansweredError if login can only fail then."""
        if hint == "none":
            if self._has_terminal:
                sys.stderr.write(question + "\n")  # such as: touch your security key
            return ""
        if match := _PASSPHRASE.search(question):
            return self._passphrase_of(match["key"])
        named = _HOST.match(question)
        is_target = named is None or (named["user"], named["host"]) == self._target
        if self._password is not None and is_target and not _NO_PASSWORD.search(_text_of(question)):
            kind = "password" if "'s password:" in question else "keyboard-interactive"
            self.tried.append(kind)
            reply_text, self._password = self._password, None
            return reply_text
        if self._has_terminal:
            return self._ask(question, echo=hint == "confirm")
        if self.tried and "assword" in question:
            raise UnansweredError  # a wrong one is not given twice
        text = _text_of(question).strip()
        self.tried.append(f"{text!r} was asked, and there is no terminal to answer it")
        raise UnansweredError

    def _passphrase_of(self, key: str) -> str | None:
        count = self._passphrase_requests[key] = self._passphrase_requests.get(key, 0) + 1
        if self._passphrase is not None and count == 1:
            return self._passphrase
        if self._has_terminal:
            return self._ask(f"passphrase of {key}: ")
        if count == 1:
            self.tried.append(f"key {key} (needs its passphrase: ssh-add {key}, or export SML_PASSPHRASE)")
        else:
            self.tried.append(f"key {key} (wrong passphrase)")
        return None

    def _ask(self, question: str, *, echo: bool = False) -> str | None:
        self.was_asked = True
        if not echo:
            return getpass.getpass(question)
        sys.stderr.write(question)
        sys.stderr.flush()
        return "yes" if sys.stdin.readline().strip().lower() in ("y", "yes") else None


def _text_of(question: str) -> str:
    """A question without the user and host that ssh puts before it."""
    named = _HOST.match(question)
    return question if named is None or "'s password" in named[0] else question[named.end() :]


class Askpass:
    """The program for SSH_ASKPASS and the socket that it speaks to, both in a private folder."""

    def __init__(self, folder: Path) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        (folder / "ask").unlink(missing_ok=True)
        self._listening.bind(str(folder / "ask"))
        self._listening.listen()
        helper = Path(__file__).with_name("_ask.py")
        words = [sys.executable, "-I", "-S", str(helper), str(folder / "ask")]
        program = folder / "askpass"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        program.chmod(0o700)
        self.environment = {
            "SSH_ASKPASS": str(program),
            "SSH_ASKPASS_REQUIRE": "force",
        }

    def serve(self, seconds: float, answer: Callable[[str, str], str | None]) -> None:
        """Wait for a question for that time, and answer it."""
        if not is_readable(self._listening, seconds):
            return
        peer, _ = self._listening.accept()
        with peer:
            peer.settimeout(_QUESTION_SECONDS)
            try:
                text = b"".join(iter(lambda: peer.recv(1 << 16), b"")).decode("utf-8", "replace")
                hint, _, question = text.partition("\0")
                reply_text = answer(question, hint)
                reply = b"" if reply_text is None else b"\1" + reply_text.encode("utf-8", "surrogateescape")
                peer.sendall(struct.pack(">I", len(reply)) + reply)
            except OSError:
                return  # ssh and its helper have ended

    def close(self) -> None:
        """Close the socket."""
        self._listening.close()
