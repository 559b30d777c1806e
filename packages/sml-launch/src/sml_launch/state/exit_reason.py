"""Exit reasons of tasks: out of memory, signal or error, from kernel counters and the log."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from sml_launch.shell_words import printable

_TAIL_BYTES = 8192
_LONGEST = 300
_OUT_OF_MEMORY = re.compile(
    r"^.*(?:\bMemoryError\b|OutOfMemoryError|CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|std::bad_alloc"
    r"|RESOURCE_EXHAUSTED: Out of memory|Cannot allocate memory).*$",
    re.MULTILINE,
)
_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def kernel_kills(pid: int | str = "self") -> int | None:
    """Number of out-of-memory kills in the control group of a process; None if unknown."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    kills = None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            files = [Path("/sys/fs/cgroup" + path) / "memory.events"]
        elif "memory" in controllers.split(","):
            files = [Path("/sys/fs/cgroup/memory" + path) / "memory.oom_control"]
        else:
            continue
        for file in files:
            try:
                match = _KILLS.search(file.read_text())
            except OSError:
                continue
            if match:
                kills = (kills or 0) + int(match[1])
    return kills


def out_of_memory_line(log: Path) -> str | None:
    """The last out-of-memory message at the end of a log, or None."""
    lines = _OUT_OF_MEMORY.findall(log_tail(log))
    return printable(str(lines[-1]).strip()[:_LONGEST]) if lines else None


def last_line(log: Path) -> str:
    """The last non-blank line of a log, which is the exception of a traceback; "" if there is none."""
    lines = [line for line in log_tail(log).splitlines() if line.strip()]
    return printable(lines[-1].strip()[:_LONGEST]) if lines else ""


def log_tail(log: Path, size: int = _TAIL_BYTES) -> str:
    """The last `size` bytes of a log as text; "" without a file."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def signal_name(number: int) -> str:
    """Name of a signal, such as SIGKILL for 9; `signal N` for an unnamed one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
