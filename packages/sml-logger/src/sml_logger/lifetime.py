"""The runs that this process writes, and what ends them: the one place with process-wide state.

Exit closes them. SIGTERM is recorded if nothing else handles it. Ctrl-C and other exceptions that end
the process are told from a regular exit. A forked child writes none of them. A thread beats their hearts.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
import weakref
from types import FrameType
from typing import Protocol

from .status import FAILED, FINISHED, KILLED

HEARTBEAT_SECONDS = 60.0


class Run(Protocol):
    """What this module needs of a logger."""

    def end(self, state: str, error: str | None) -> None:
        """Close, with this state."""

    def amend(self, state: str, error: str | None) -> None:
        """Correct the state of a closed run."""

    def beat(self) -> None:
        """Say that the run lives."""

    def is_busy(self) -> bool:
        """Whether the main thread is in the middle of writing."""

    def after_fork(self) -> None:
        """Become harmless in a forked child."""


_live: weakref.WeakSet[Run] = weakref.WeakSet()
_live_lock = threading.RLock()
# Closed while an exception was on its way: if it ends the process, it ended these runs too.
_closed_in_flight: list[Run] = []
_in_flight: BaseException | None = None
_owner_pid = 0
_hooked = False
_term_pending = False
_heart: threading.Thread | None = None


def begin(run: Run) -> None:
    """Look after a run from now on."""
    global _owner_pid, _hooked
    if not _hooked:
        _hooked = True
        os.register_at_fork(after_in_child=_after_fork)
        atexit.register(_at_exit)
    if _owner_pid != os.getpid():
        _owner_pid = os.getpid()
        _at_exit_of_multiprocessing()
    with _live_lock:
        _live.add(run)
    _watch_sigterm()
    _start_heart()


def finished(run: Run) -> None:
    """A run was closed by its owner."""
    global _in_flight
    with _live_lock:
        _live.discard(run)
        nothing_left = not _live
    in_flight = sys.exc_info()[1]
    if in_flight is not _in_flight:
        _in_flight = in_flight
        _closed_in_flight.clear()
    if in_flight is not None:
        _closed_in_flight.append(run)
    if nothing_left:
        _unwatch_sigterm()


def release_sigterm() -> None:
    """Die of the SIGTERM that came while a row was being written."""
    if _term_pending and threading.current_thread() is threading.main_thread():
        _die_of_sigterm()


def ending(error: BaseException | None) -> tuple[str, str | None]:
    """State and text for a run that an exception ended, or none."""
    is_exit = isinstance(error, SystemExit) and error.code in (None, 0)
    if error is None or is_exit or isinstance(error, GeneratorExit):  # the last: nobody asks for more
        return FINISHED, None
    if isinstance(error, KeyboardInterrupt):
        return KILLED, "SIGINT"
    return FAILED, f"{type(error).__name__}: {error}".removesuffix(": ")


def _at_exit() -> None:
    # The interpreter keeps the exception that ended the script; in a session it may be long ago.
    _end_all(None if hasattr(sys, "ps1") else getattr(sys, "last_value", None))


def _at_exit_of_child() -> None:
    # There the exception that ended the target is still on its way.
    _end_all(sys.exc_info()[1])


def _end_all(error: BaseException | None) -> None:
    if os.getpid() != _owner_pid:
        return
    state, text = ending(error)
    for run in _all_live():
        run.end(state, text)
    if error is not None and error is _in_flight:
        for run in _closed_in_flight:
            run.amend(state, text)


def _all_live() -> list[Run]:
    with _live_lock:
        return list(_live)


def _at_exit_of_multiprocessing() -> None:
    """Children of multiprocessing leave without atexit, but run its own finalizers."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, _at_exit_of_child, exitpriority=0)


def _watch_sigterm() -> None:
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _on_sigterm)


def _unwatch_sigterm() -> None:
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is _on_sigterm and not _term_pending:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _on_sigterm(_number: int, _frame: FrameType | None) -> None:
    global _term_pending
    if os.getpid() == _owner_pid and any(run.is_busy() for run in _all_live()):
        _term_pending = True  # the row first; then release_sigterm
    else:
        _die_of_sigterm()


def _die_of_sigterm() -> None:
    if os.getpid() == _owner_pid:
        for run in _all_live():
            run.end(KILLED, "SIGTERM")
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
        for run in _all_live():
            run.beat()


def _after_fork() -> None:
    global _heart, _term_pending, _in_flight, _live_lock
    _live_lock = threading.RLock()
    for run in _all_live():
        run.after_fork()
    _live.clear()
    _closed_in_flight.clear()
    _heart, _term_pending, _in_flight = None, False, None
    with contextlib.suppress(ValueError):  # forked from another thread
        if signal.getsignal(signal.SIGTERM) is _on_sigterm:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
