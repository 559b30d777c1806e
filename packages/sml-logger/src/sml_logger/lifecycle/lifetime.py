"""Exit, signal and fork handling for the runs of this process; the only module with process-wide state.

Runs are closed at exit, also by `os._exit`. SIGTERM is recorded if nothing else handles it: the handler is
installed at import, as only the main thread may do that and a run may begin in another thread. Ctrl-C, other
exceptions and exit statuses that end the process are told apart from a regular exit. A forked child does not
write the runs of its parent. One thread writes heartbeats, another flushes rows to the disk.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import signal
import sys
import threading
import time
import weakref
from types import FrameType
from typing import Protocol

from sml_config.run_states import FAILED, FINISHED, KILLED

from .endings import Ending, ending
from .exit_status import watch_exit

# Shortly after this process started: scripts import the logger first.
PROCESS_START = time.time()
HEARTBEAT_SECONDS = 15.0
_IDLE_SECONDS = 1.0
# Many small runs may still have to be flushed to a slow disk when the process ends.
_LAST_FLUSH_SECONDS = 5.0
# A watchdog may call `os._exit` because a disk hangs.
_IMMEDIATE_EXIT_SECONDS = 3.0


class Run(Protocol):
    """The methods of a logger that this module calls."""

    def end(self, state: str, error: str | None, exit_status: int | None, traceback: str | None) -> None:
        """Close the run with this state."""

    def amend(self, state: str, error: str | None, exit_status: int | None, traceback: str | None) -> None:
        """Correct the state of a closed run."""

    def beat(self) -> None:
        """Write the heartbeat."""

    @property
    def flush_seconds(self) -> float:
        """Seconds of rows that a power failure may lose at most; 0 for no limit."""

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk, also after the end of the run."""

    def is_busy(self) -> bool:
        """Whether the main thread is writing a row."""

    def after_fork(self) -> None:
        """Stop writing, in a forked child."""


_live: weakref.WeakSet[Run] = weakref.WeakSet()
_live_lock = threading.RLock()
# Closed while an exception was propagating: if it ends the process, it ended these runs too.
_closed_in_flight: list[Run] = []
_in_flight: BaseException | None = None
# Garbage-collected without being closed since the last run began, as when `main` returns the exit status.
_dropped: list[Run] = []
# How the process ends if its exit status is not 0, and whether the propagating exception caused that.
_exit: Ending | None = None
_exit_of_flight = False
# Closed, but not yet flushed to the disk.
_unflushed: list[Run] = []
# The thread that began each run.
_threads: weakref.WeakKeyDictionary[Run, int] = weakref.WeakKeyDictionary()
_owner_pid = 0
_hooked = False
_term_pending = False
_heart: threading.Thread | None = None
_flusher: threading.Thread | None = None


def begin(run: Run) -> None:
    """Register a run: its heartbeat, flushes and end are handled from now on."""
    global _owner_pid, _hooked
    if not _hooked:
        _hooked = True
        import traceback  # noqa: F401  importing it while Ctrl-C ends the process changes the exit status

        atexit.register(_at_exit)
        watch_exit(_note_exit, _on_immediate_exit)
        _watch_threads()
    if _owner_pid != os.getpid():
        _owner_pid = os.getpid()
        _at_exit_of_multiprocessing()
    with _live_lock:
        _live.add(run)
        _threads[run] = threading.get_ident()
        _dropped.clear()
    _watch_sigterm()
    _start_heart()
    if run.flush_seconds:
        _start_flusher()


def finished(run: Run, *, was_dropped: bool = False) -> None:
    """Unregister a run that was closed by its owner, or garbage-collected."""
    global _in_flight
    with _live_lock:
        _live.discard(run)
        if run.flush_seconds:
            _unflushed.append(run)
    if was_dropped:
        _dropped.append(run)
    in_flight = sys.exc_info()[1]
    if in_flight is not _in_flight:
        _in_flight = in_flight
        _closed_in_flight.clear()
    if in_flight is not None:
        _closed_in_flight.append(run)


def is_term_pending() -> bool:
    """Whether SIGTERM arrived while a row was being written."""
    return _term_pending


def release_sigterm() -> None:
    """End the process if SIGTERM arrived while a row was being written."""
    if _term_pending and threading.current_thread() is threading.main_thread():
        _die_of_sigterm()


def current_ending(error: BaseException | None = None) -> Ending:
    """The ending of a run that is closed now: by this exception, by the end of the process, or regularly."""
    return _exit if error is None and _exit is not None else ending(error)


def _note_exit(error: SystemExit) -> None:
    """Remember how the process ends, as the exception is gone when `atexit` runs."""
    global _exit, _exit_of_flight
    end = ending(error)
    if end.state != FINISHED:
        _exit = end
        chain: BaseException | None = error
        seen: set[int] = set()
        while chain is not None and id(chain) not in seen:
            _exit_of_flight = _exit_of_flight or chain is _in_flight
            seen.add(id(chain))
            chain = chain.__cause__ or chain.__context__


def _on_immediate_exit(status: int) -> None:
    """Close the runs within a time limit at `os._exit`; a run in the middle of a row only gets its state."""
    if os.getpid() != _owner_pid:
        return
    end = Ending(FAILED, f"exit status {status} by os._exit", status) if status else Ending(FINISHED)
    closings = [run.amend if run.is_busy() else run.end for run in _all_live()]
    if not closings:
        return

    def close() -> None:
        for closing in closings:
            closing(*end)

    closer = threading.Thread(target=close, name="sml-logger exit", daemon=True)
    with contextlib.suppress(RuntimeError):  # too late for a thread
        closer.start()
        closer.join(_IMMEDIATE_EXIT_SECONDS)


def _at_exit() -> None:
    # The interpreter keeps the exception that ended the script; in an interactive session it may be old.
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    _end_all(
        current_ending(error), is_of_flight=_exit_of_flight or (error is not None and error is _in_flight)
    )
    if isinstance(error, KeyboardInterrupt):
        # The interpreter then ends by SIGINT, but forgets that if code is compiled from a text meanwhile, as
        # a late import does for a named tuple, in any thread. Such code that is interrupted reminds it.
        with contextlib.suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # noqa: S102


def _at_exit_of_child() -> None:
    # In a child of multiprocessing the exception that ended the target is still propagating.
    error = sys.exc_info()[1]
    _end_all(ending(error), is_of_flight=error is not None and error is _in_flight)


def _end_all(end: Ending, *, is_of_flight: bool) -> None:
    if os.getpid() != _owner_pid:
        return
    for run in _all_live():
        run.end(*end)
    if is_of_flight:
        for run in _closed_in_flight:
            run.amend(*end)
    if end.state != FINISHED:
        for run in _dropped:
            run.amend(*end)
    _flush_closed(time.monotonic() + _LAST_FLUSH_SECONDS)


def _all_live() -> list[Run]:
    with _live_lock:
        return list(_live)


def _watch_threads() -> None:
    """End the runs that a thread began when an exception ends the thread."""
    before = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if os.getpid() == _owner_pid and arguments.exc_value is not None:
            end = ending(arguments.exc_value)
            for run in _all_live():
                if _threads.get(run) == threading.get_ident():
                    run.end(*end)
        before(arguments)

    threading.excepthook = hook


def _at_exit_of_multiprocessing() -> None:
    """Register a finalizer: children of multiprocessing exit without atexit."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, _at_exit_of_child, exitpriority=0)


def _watch_sigterm() -> None:
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _on_sigterm)


def _on_sigterm(_number: int, _frame: FrameType | None) -> None:
    global _term_pending
    if os.getpid() == _owner_pid and any(run.is_busy() for run in _all_live()):
        _term_pending = True  # handled by release_sigterm after the row
    else:
        _die_of_sigterm()


def _die_of_sigterm() -> None:
    if os.getpid() == _owner_pid:
        for run in _all_live():
            run.end(*Ending(KILLED, "SIGTERM"))
        _flush_closed(time.monotonic() + _LAST_FLUSH_SECONDS)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


def _start_heart() -> None:
    global _heart
    if _heart is None or not _heart.is_alive():
        _heart = threading.Thread(target=_beat, name="sml-logger heartbeat", daemon=True)
        _heart.start()


def _beat() -> None:
    while True:
        time.sleep(HEARTBEAT_SECONDS)
        _beat_once()


def _beat_once() -> None:
    for run in _all_live():
        run.beat()


def _start_flusher() -> None:
    global _flusher
    if _flusher is None or not _flusher.is_alive():
        _flusher = threading.Thread(target=_flush, name="sml-logger disk", daemon=True)
        _flusher.start()


def _flush() -> None:
    """Flush twice per interval: a row written right after a flush waits for the next one."""
    while True:
        waits = [run.flush_seconds / 2 for run in _all_live() if run.flush_seconds]
        time.sleep(min(waits, default=_IDLE_SECONDS))
        _flush_live()
        _flush_closed(math.inf)


def _flush_live() -> None:
    # A separate function, so that no variable keeps a dropped run alive while the thread sleeps.
    for run in _all_live():
        if run.flush_seconds:
            run.flush_to_disk()


def _flush_closed(deadline: float) -> None:
    while time.monotonic() < deadline:
        with _live_lock:
            if not _unflushed:
                return
            run = _unflushed.pop()
        run.flush_to_disk()


def _after_fork() -> None:
    global _heart, _flusher, _term_pending, _in_flight, _live_lock, _exit, _exit_of_flight
    _live_lock = threading.RLock()
    for run in _all_live():
        run.after_fork()
    _live.clear()
    _closed_in_flight.clear()
    _dropped.clear()
    _unflushed.clear()
    _heart, _flusher, _term_pending, _in_flight = None, None, False, None
    _exit, _exit_of_flight = None, False
    with contextlib.suppress(ValueError):  # forked from another thread
        if signal.getsignal(signal.SIGTERM) is _on_sigterm:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


os.register_at_fork(after_in_child=_after_fork)
_watch_sigterm()
