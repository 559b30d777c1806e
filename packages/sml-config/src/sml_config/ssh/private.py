"""A private folder for sockets; processes started in it end with this process."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

from .errors import SshError

# With the longest name in it and what ssh puts behind that, a socket's name has to stay below 104 bytes.
_LONGEST = 60
_END_SECONDS = 2.0

# Reads process ids until it reads "done", or the pipe closes because its owner has died.
# Then it ends what names the folder in its command, such as an ssh that another one has started; a number
# alone may have been given to another program meanwhile. What was being started when the owner died has its
# command a moment later.
_GUARD = """
while read -r pid; do
  [ "$pid" = done ] && exit 0
  pids="$pids $pid"
done
cd /
for pause in 0 1 3; do
  sleep $pause
  if [ -r /proc/self/cmdline ]; then
    pids=$(grep -laF -- "$1" /proc/[0-9]*/cmdline 2>/dev/null | tr -dc '0-9\\n')
  fi
  for pid in $pids; do
    words=$(tr '\\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null || ps -o args= -p "$pid" 2>/dev/null)
    [ "$pid" != $$ ] && case "$words" in *"$1"*) kill "$pid" 2>/dev/null;; esac
  done
  rm -rf -- "$1"
done
"""


class PrivateFolder:
    """The folder with its guard; `close` ends both."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Raises SshError."""
        try:
            self.path = Path(tempfile.mkdtemp(prefix="sml-ssh-", dir=_base()))
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "sml-ssh-guard", self.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
            limit_core(self._guard.pid)
        except OSError as error:
            raise SshError("settings", f"cannot create a private folder: {error}") from None
        self._owner = os.getpid()
        self._fork_callbacks: list[Callable[[], None]] = []
        _open_folders.add(self)

    @property
    def is_owner(self) -> bool:
        """Whether this process created it, and is not a fork of that process."""
        return self._owner == os.getpid()

    def on_fork(self, close_copies: Callable[[], None]) -> None:
        """Register what a fork has to close, so that the end of the original process is noticed."""
        self._fork_callbacks.append(close_copies)

    def guard(self, process: subprocess.Popen[bytes]) -> None:
        """End a process, whose command contains the folder, when this process has ended."""
        with contextlib.suppress(OSError, ValueError):
            pipe = self._guard.stdin
            if pipe is not None:
                pipe.write(b"%d\n" % process.pid)
                pipe.flush()
        limit_core(process.pid)

    def close(self) -> None:
        """Remove the folder."""
        if self._guard.stdin is not None and self.is_owner:
            with contextlib.suppress(OSError, ValueError):
                self._guard.stdin.write(b"done\n")
                self._guard.stdin.close()
            wait_or_kill(self._guard)
            shutil.rmtree(self.path, ignore_errors=True)

    def close_copies(self) -> None:
        """Close what was copied by a fork."""
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()
        self._guard.returncode = 0  # it is not a child of the fork
        for close_copies in self._fork_callbacks:
            close_copies()


_open_folders: weakref.WeakSet[PrivateFolder] = weakref.WeakSet()


def _after_fork() -> None:
    for folder in list(_open_folders):
        folder.close_copies()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was asked to end, and kill it if it does not."""
    with contextlib.suppress(OSError, AttributeError):
        # Told by the system where it can; `wait` with a limit looks again and again.
        descriptor = os.pidfd_open(process.pid)
        try:
            is_readable(descriptor, _END_SECONDS)
        finally:
            os.close(descriptor)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def is_readable(file: int | socket.socket, seconds: float) -> bool:
    """Whether there is something to read within that time; unlike select(), also with 1,024 files open."""
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def limit_core(pid: int) -> None:
    """Disable core files of a process that may hold a password, and of those that it will start."""
    try:
        import resource

        # Not 0, with which a crash handler that /proc/sys/kernel/core_pattern names would still get one.
        resource.prlimit(pid, resource.RLIMIT_CORE, (1, 1))
    except (ImportError, AttributeError, OSError, ValueError):
        pass  # not Linux, or it has ended, or its limit is 0


def _base() -> str:
    """The parent folder: local, with a short path, not mounted noexec, and where possible not on a disk.

    Where a disk is busy, each file in the folder would take milliseconds.
    """
    chosen = [os.environ.get(name, "") for name in ("XDG_RUNTIME_DIR", "TMPDIR")]
    candidates = [*chosen, "/dev/shm", tempfile.gettempdir(), "/tmp"]  # noqa: S108  mkdtemp makes a folder of its own there
    for base in candidates:
        with contextlib.suppress(OSError):
            runs = not os.statvfs(base).f_flag & getattr(os, "ST_NOEXEC", 0)
            if base and len(os.fsencode(base)) <= _LONGEST and runs and os.access(base, os.W_OK | os.X_OK):
                return base
    return tempfile.gettempdir()
