"""Query git for commit and uncommitted changes of a folder, in the background."""

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
    """The current commit and uncommitted changes; None if unknown."""

    commit: str | None = None
    # `git diff HEAD`; b"" without changes, None also if it is too large to keep.
    patch: bytes | None = None
    patch_size: int | None = None

    @property
    def dirty(self) -> bool | None:
        """Whether tracked files differ from the commit."""
        return None if self.patch_size is None else self.patch_size > 0


class GitQuery:
    """Two git commands running in the background, each writing to its own file."""

    def __init__(self, folder: Path) -> None:
        self._deadline = time.monotonic() + SECONDS
        self._commands = [_Command(folder, words) for words in (_COMMIT, _PATCH)]

    def result(self, seconds: float = SECONDS) -> Checkout | None:
        """The result; None if it takes longer than `seconds`. After `SECONDS` in total, git is killed."""
        deadline = min(time.monotonic() + seconds, self._deadline)
        if not all(command.wait(deadline) for command in self._commands):
            if time.monotonic() < self._deadline:
                return None
            self.cancel()
        commit, patch = (command.output() for command in self._commands)
        if commit is None:
            return Checkout()
        name = commit[0].decode("ascii", "replace").strip()
        if patch is None:
            return Checkout(name)
        return Checkout(name, patch[0] if patch[1] <= LARGEST_PATCH else None, patch[1])

    def cancel(self) -> None:
        """Kill commands that are still running."""
        for command in self._commands:
            command.kill()


class _Command:
    def __init__(self, folder: Path, words: list[str]) -> None:
        hidden = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_TRACE")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        self._file: IO[bytes] = io.BytesIO()
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):  # no git, or no temporary file possible
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  outlives this call, closed by output()
            self._process = subprocess.Popen(
                ["git", "-C", str(folder), *_QUIET, *words],
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=subprocess.DEVNULL,
                env={**environment, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
                start_new_session=True,
            )

    def wait(self, deadline: float) -> bool:
        """Wait until the deadline; whether the command has ended."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
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
        """Its output up to the limit, and the size of the whole output; None if it failed."""
        with self._file:
            if self._process is None or self._process.returncode != 0:
                return None
            size = self._file.seek(0, os.SEEK_END)
            self._file.seek(0)
            return self._file.read(LARGEST_PATCH), size
