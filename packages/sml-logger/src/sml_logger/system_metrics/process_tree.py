"""Use of CPU, memory and disks by a process and its descendants, from Linux's `/proc`.

A process that ends is not lost from the sums: Linux adds the CPU time and the bytes of a child to those of
the parent that waits for it. Descendants that have been adopted by another process are not counted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = "/proc"
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class TreeUse:
    """What a process and its descendants use: sums over the processes.

    `cpu_seconds`, `read_bytes` and `written_bytes` count from their start; None is unknown. `rss_bytes`
    counts memory that several processes share once for each. `pids` are the process ids.
    """

    cpu_seconds: float
    rss_bytes: int
    threads: int
    pids: frozenset[int]
    read_bytes: int | None = None
    written_bytes: int | None = None


def is_available() -> bool:
    """Whether this system has `/proc` in Linux's form."""
    return os.path.exists(f"{_PROC}/self/statm") and os.path.exists(f"{_PROC}/self/stat")  # noqa: PTH110


def tree_use(pid: int) -> TreeUse:
    """The use of a process and its descendants. Raises OSError if the process is gone."""
    cpu, rss, threads, read, written = 0, 0, 0, 0, 0
    has_disk = False
    pids = []
    for member in (pid, *_descendants(pid)):
        try:
            fields = _stat(member)
        except OSError:
            if member == pid:
                raise
            continue  # ended since it was listed
        pids.append(member)
        # utime, stime, and those of waited-for children; see proc(5), where the fields count from 1.
        cpu += sum(map(int, fields[11:15]))
        threads += int(fields[17])
        rss += int(fields[21])
        with contextlib.suppress(OSError):  # processes of other users
            counters = dict(line.split(b": ") for line in _read(f"{_PROC}/{member}/io").splitlines())
            read += int(counters[b"read_bytes"])
            written += int(counters[b"write_bytes"])
            has_disk = True
    disk = (read, written) if has_disk else (None, None)
    return TreeUse(cpu / _TICKS, rss * _PAGE, threads, frozenset(pids), *disk)


def network_bytes() -> tuple[int, int] | None:
    """Bytes received and sent by this network namespace since it exists, without loopback; None if unknown.

    Linux does not count them by process: outside of a container they are those of the whole machine.
    """
    try:
        lines = _read(f"{_PROC}/net/dev").decode("ascii", "replace").splitlines()[2:]
        pairs = [line.rpartition(":")[::2] for line in lines]
        counters = [numbers.split() for name, numbers in pairs if name.strip() != "lo"]
        return sum(int(fields[0]) for fields in counters), sum(int(fields[8]) for fields in counters)
    except (OSError, ValueError, IndexError):
        return None


def _descendants(pid: int) -> list[int]:
    """All processes below a process, the nearest first."""
    if not os.path.exists(f"{_PROC}/self/task/{os.getpid()}/children"):  # noqa: PTH110
        return _descendants_by_parent(pid)
    pids: list[int] = []
    waiting = [pid]
    while waiting:
        children = list(_children(waiting.pop()))
        pids += children
        waiting += children
    return pids


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):  # the process has ended
        for thread in os.listdir(f"{_PROC}/{pid}/task"):  # noqa: PTH208
            with contextlib.suppress(OSError):
                yield from map(int, _read(f"{_PROC}/{pid}/task/{thread}/children").split())


def _descendants_by_parent(pid: int) -> list[int]:
    """As `_descendants`, for kernels that do not list the children of a process."""
    parents = {}
    for name in os.listdir(_PROC):  # noqa: PTH208
        if name.isdecimal():
            with contextlib.suppress(OSError):
                parents[int(name)] = int(_stat(int(name))[1])
    pids = [pid]
    for member in pids:
        pids += [child for child, parent in parents.items() if parent == member]
    return pids[1:]


def _stat(pid: int) -> list[bytes]:
    """The fields after the program's name, which may contain spaces and parentheses."""
    return _read(f"{_PROC}/{pid}/stat").rpartition(b")")[2].split()


def _read(path: str) -> bytes:
    return Path(path).read_bytes()
