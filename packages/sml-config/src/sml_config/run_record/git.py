"""What git says about a folder: commit and uncommitted changes, by whoever has time to wait for it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SECONDS = 5.0
LARGEST_PATCH = 20_000_000

_QUIET = ["--no-optional-locks", "-c", "core.fsmonitor=false"]
_COMMIT = ["rev-parse", "--verify", "--quiet", "HEAD"]
_PATCH = ["diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv"]


@dataclass(frozen=True)
class Checkout:
    """The commit that is checked out, and what differs from it; None where it cannot be known."""

    commit: str | None = None
    # `git diff HEAD`; b"" if nothing differs, None also if it is too large to keep.
    patch: bytes | None = None
    patch_size: int | None = None

    @property
    def dirty(self) -> bool | None:
        """Whether tracked files differ from the commit."""
        return None if self.patch_size is None else self.patch_size > 0


class GitQuestion:
    """Two git commands at work in the background, each writing to a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._until = time.monotonic() + SECONDS
        self._commands = [_Command(folder, words) for words in (_COMMIT, _PATCH)]

    def answer(self, seconds: float = SECONDS) -> Checkout | None:
        """The answer; None if it needs longer than `seconds`. After `SECONDS` in all, git is given up."""
        until = min(time.monotonic() + seconds, self._until)
        if not all(command.wait(until) for command in self._commands):
            if time.monotonic() < self._until:
                return None
            self.give_up()
        commit, patch = (command.output() for command in self._commands)
        if commit is None:
            return Checkout()
        name = commit[0].decode("ascii", "replace").strip()
        if patch is None:
            return Checkout(name)
        return Checkout(name, patch[0] if patch[1] <= LARGEST_PATCH else None, patch[1])

    def give_up(self) -> None:
        """End what still runs."""
        for command in self._commands:
            command.kill()


class _Command:
    def __init__(self, folder: Path, words: list[str]) -> None:
        hidden = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_TRACE")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        self._file: IO[bytes] = io.BytesIO()
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):  # no git, nowhere to put a temporary file
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  outlives this call, closed by output()
            self._process = subprocess.Popen(
                ["git", "-C", str(folder), *_QUIET, *words],
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=subprocess.DEVNULL,
                env={**environment, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
                start_new_session=True,
            )

    def wait(self, until: float) -> bool:
        """Whether it has ended by then."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
            self._process.wait()

    def output(self) -> tuple[bytes, int] | None:
        """What it printed, up to the limit, and how much that was in all; None if it failed."""
        with self._file:
            if self._process is None or self._process.returncode != 0:
                return None
            size = self._file.seek(0, os.SEEK_END)
            self._file.seek(0)
            return self._file.read(LARGEST_PATCH), size
