"""How a task ended: out of memory, by a signal or with an error, from kernel counters and its log."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from sml_config.tasks.states import FAILED, KILLED, OUT_OF_MEMORY
from sml_config.text import printable
from sml_launch.state.log_tail import log_tail

_SHELL_SIGNAL = 128  # a shell whose child died by signal N exits with 128 + N
_LONGEST = 300
_OUT_OF_MEMORY = re.compile(
    r"^.*(?:\bMemoryError\b|OutOfMemoryError|CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|std::bad_alloc"
    r"|RESOURCE_EXHAUSTED: Out of memory|Cannot allocate memory).*$",
    re.MULTILINE,
)
_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def exit_reason(status: int, kills_before: int | None, log: Path) -> tuple[str, str]:
    """Outcome and reason of a process that ended with a non-zero status.

    `kills_before` is `kernel_kills()` at its start; `status` is negative for a signal, as of subprocess.
    """
    number = -status if status < 0 else status - _SHELL_SIGNAL
    by_signal = status < 0 or _SHELL_SIGNAL < status <= _SHELL_SIGNAL + 64
    kills = kernel_kills()
    if by_signal and number == signal.SIGKILL and kills is not None and kills > (kills_before or 0):
        return OUT_OF_MEMORY, "killed by the kernel: out of memory"
    line = _out_of_memory_line(log)
    if line is not None:
        return OUT_OF_MEMORY, line
    if status < 0:
        return KILLED, f"ended by {_signal_name(number)}"
    if by_signal:
        return FAILED, f"exit status {status} (a child was ended by {_signal_name(number)}?)"
    message = _last_line(log)
    return FAILED, f"exit status {status}" + (f": {message}" if message else "")


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


def _out_of_memory_line(log: Path) -> str | None:
    """The last out-of-memory message at the end of a log, or None."""
    lines = _OUT_OF_MEMORY.findall(log_tail(log))
    return printable(str(lines[-1]).strip()[:_LONGEST]) if lines else None


def _last_line(log: Path) -> str:
    """The last non-blank line of a log, which is the exception of a traceback; "" if there is none."""
    lines = [line for line in log_tail(log).splitlines() if line.strip()]
    return printable(lines[-1].strip()[:_LONGEST]) if lines else ""


def _signal_name(number: int) -> str:
    """Name of a signal, such as SIGKILL for 9; `signal N` for an unnamed one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
