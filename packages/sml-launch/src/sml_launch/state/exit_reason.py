"""Why a task ended: out of memory or another signal, told apart by what kernel and log say."""

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
    """How often the kernel killed for memory in a process's control group; None where it does not say."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    found = None
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
                found = (found or 0) + int(match[1])
    return found


def out_of_memory_line(log: Path) -> str | None:
    """The last line of a log's end that speaks of memory, or None."""
    found = _OUT_OF_MEMORY.findall(log_tail(log))
    return printable(str(found[-1]).strip()[:_LONGEST]) if found else None


def last_line(log: Path) -> str:
    """The last line of a log that is not blank; of a traceback it is what was raised."""
    lines = [line for line in log_tail(log).splitlines() if line.strip()]
    return printable(lines[-1].strip()[:_LONGEST]) if lines else ""


def log_tail(log: Path, size: int = _TAIL_BYTES) -> str:
    """The end of a log; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def signal_name(number: int) -> str:
    """SIGKILL for 9; the number where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
