"""Process that sends a run repeatedly, and once more when the run ends in any way.

Started as `python -m sml_sync.watch_process`; its task is passed on standard input, so that no password is in
a list of processes. It ends on request, when that pipe closes, or when its parent has ended. It then tries
for up to ten minutes to send the last rows, in case the main machine is unreachable at that moment. SIGTERM,
as from a scheduler that needs the node, is treated as the end of the run; a second one stops the attempts.
"""

from __future__ import annotations

import base64
import os
import pickle
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

from sml_config.ssh import limit_core
from sml_config.ssh.errors import describe

from .errors import SmlSyncError
from .report import SyncReport
from .session import Session
from .transfer.manifest import save_result
from .transfer.push import SyncRequest

_LONGEST_PAUSE_SECONDS = 900.0
# How long a run that ended is tried to be brought home, and how often.
_LAST_SECONDS = 600.0
_FIRST_LAST_PAUSE_SECONDS, _LONGEST_LAST_PAUSE_SECONDS = 1.0, 60.0
# Forked children of the parent may hold the pipe open; then its absence is noticed after this time.
_POLL_SECONDS = 1.0
_NICE = 10


def repeat(
    session: Session,
    request: SyncRequest,
    every: float,
    wait: Callable[[float], bool],
    report_to: Callable[[SyncReport], None] = lambda _: None,
) -> bool:
    """Sync until `wait` says that it is over, and once more; whether everything arrived in the end."""
    pause = every
    while not wait(pause):
        report = _sync(session, request, report_to)
        pause = every if report.ok else min(max(pause, every, 1.0) * 2, _LONGEST_PAUSE_SECONDS)
    deadline = time.monotonic() + _LAST_SECONDS
    pause = _FIRST_LAST_PAUSE_SECONDS
    while True:
        report = _sync(session, request, report_to)
        if report.ok or time.monotonic() + pause > deadline or not request.local.is_dir():
            return report.ok
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_LAST_PAUSE_SECONDS)


def ended_by(*signals: signal.Signals) -> threading.Event:
    """An event that the first of these signals sets; a second one ends the process at once."""
    over = threading.Event()

    def end(*_: object) -> None:
        over.set()
        for number in signals:
            is_interrupt = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if is_interrupt else signal.SIG_DFL)

    for number in signals:
        signal.signal(number, end)
    return over


def main() -> int:
    """What the process does; its exit status says whether everything arrived."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    over = ended_by(signal.SIGTERM)
    os.nice(_NICE)
    # It holds passwords.
    limit_core(os.getpid())
    # Without a buffer, so that select sees what is left.
    orders = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115  it has no path, and lasts
    task = base64.b64decode(orders.readline())
    targets, request, every, parent = pickle.loads(task)  # noqa: S301  of the process that started this one

    def wait(seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not over.is_set() and os.getppid() == parent:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            # Any data, and the end of the pipe, mean that the run has ended.
            if select.select([orders], [], [], min(left, _POLL_SECONDS))[0]:
                return True
        return True

    with Session(targets) as session:
        return 0 if repeat(session, request, every, wait) else 1


def _sync(session: Session, request: SyncRequest, report_to: Callable[[SyncReport], None]) -> SyncReport:
    try:
        report = session.sync(request)
    except Exception as error:  # noqa: BLE001  nobody would hear of it, and the run would never be sent again
        session.close()
        reason = str(error) if isinstance(error, SmlSyncError) else f"the sync failed: {describe(error)}"
        save_result(request.local, {"time": time.time(), "ok": False, "text": reason})
        report = SyncReport(False, request.remote_path, notes=(reason,))
    report_to(report)
    return report


if __name__ == "__main__":
    sys.exit(main())
