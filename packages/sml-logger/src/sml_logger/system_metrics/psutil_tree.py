"""Use of CPU, memory and disks by a process and its descendants, from psutil, for systems without `/proc`."""

from __future__ import annotations

from .process_tree import TreeUse

try:
    import psutil
except ModuleNotFoundError:  # it comes with the extra `system`; the caller looks whether it is installed
    psutil = None


def tree_use(pid: int) -> TreeUse:
    """The use of a process and its descendants. Raises OSError if the process is gone."""
    try:
        process = psutil.Process(pid)
        members = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess as error:
        raise ProcessLookupError(str(error)) from None
    cpu, rss, threads, read, written = 0.0, 0, 0, 0, 0
    has_disk = False
    pids = []
    for member in members:
        try:
            with member.oneshot():
                times = member.cpu_times()
                cpu += times.user + times.system + times.children_user + times.children_system
                rss += member.memory_info().rss
                threads += member.num_threads()
                if hasattr(member, "io_counters"):  # not on macOS
                    counters = member.io_counters()
                    read, written, has_disk = read + counters.read_bytes, written + counters.write_bytes, True
        except psutil.Error:
            continue  # ended since it was listed, or another user's
        pids.append(member.pid)
    disk = (read, written) if has_disk else (None, None)
    return TreeUse(cpu, rss, threads, frozenset(pids), *disk)


def network_bytes() -> tuple[int, int] | None:
    """Bytes received and sent by the machine since its start, without loopback; None if unknown."""
    counters = psutil.net_io_counters(pernic=True)
    others = [item for name, item in counters.items() if not name.startswith("lo")]
    return sum(item.bytes_recv for item in others), sum(item.bytes_sent for item in others)
