"""Send the run to the main machine without blocking training."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SyncNotInstalledError

if TYPE_CHECKING:
    from sml_config import Settings

_FIRST_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 900.0
_LAST_SECONDS = 5.0
_INSTALL = "sync_log_to_remote and sync_every need: pip install 'sml-logger[sync]'"


class Remote:
    """Sends one run folder; after failures, pauses of increasing length before it connects again."""

    def __init__(self, folder: Path, notify: Callable[[str], None]) -> None:
        self._folder = folder
        self._notify = notify
        self._pause = 0.0
        self._not_before = 0.0
        self._has_warned = False
        # The process that sends the run periodically, and the settings of the last explicit call.
        self._watch: Any = None
        self._synced: Settings | None = None

    def watch(self, settings: Settings, every: float) -> None:
        """Start a process that sends the run every `every` seconds, and once more when the run ends.

        Raises SyncNotInstalledError.
        """
        if not self._is_named(settings):
            return
        sync = _sml_sync()
        try:
            self._watch = sync.watch_run(self._folder, settings, every)
        except (sync.SmlSyncError, OSError) as error:
            self._notify(f"WARNING: sync_every cannot start: {error}")

    def finish(self) -> None:
        """Send the last rows and the status if the run was ever sent; waits at most 5 s."""
        watch, self._watch = self._watch, None
        settings, self._synced = self._synced, None
        if watch is None and settings is not None:
            sync = _sml_sync()
            try:
                watch = sync.watch_run(self._folder, settings, _FIRST_PAUSE_SECONDS)
            except (sync.SmlSyncError, OSError):
                return  # the earlier call has reported the reason
        if watch is not None:
            # Do not wait if sending has just failed; the process retries for some minutes.
            watch.close(0.0 if time.monotonic() < self._not_before else _LAST_SECONDS)

    def push(self, settings: Settings, trials: int, *, replace: bool = False) -> bool:
        """Send the run, at most `trials` times; returns whether everything arrived.

        Returns False at once during a pause after a failure, or if the settings name no main machine.
        Raises SyncNotInstalledError.
        """
        if not self._is_named(settings):
            return False
        sync = _sml_sync()
        if time.monotonic() < self._not_before:
            return False
        self._synced = settings
        for _ in range(max(trials, 1)):
            try:
                report = sync.push_run(
                    self._folder, settings, replace=replace, progress=self._report_progress
                )
            except (sync.SmlSyncError, OSError, RuntimeError) as error:  # no new thread, or Python is exiting
                self._notify(f"not synced: {error}")
                continue
            self._notify(str(report.text))
            if report.ok:
                self._pause = 0.0
                return True
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        self._not_before = time.monotonic() + self._pause
        self._notify(f"not synced; calls within the next {self._pause:.0f} s return at once")
        return False

    def _report_progress(self, text: str) -> None:
        self._notify(f"syncing: {text}")

    def _is_named(self, settings: Settings) -> bool:
        missing = placeholder(settings)
        if missing is not None and not self._has_warned:
            from importlib.util import find_spec  # late: only needed here

            self._has_warned = True
            unread = ", or was not read: call init_smart_logger() first" if settings.origin is None else ""
            # Report both at once: otherwise the missing package would only be noticed in the next training.
            needs = "" if find_spec("sml_sync") else f"; {_INSTALL}"
            self._notify(f"not synced: {missing} in common_config.yaml is not set yet{unread}{needs}")
        return missing is None


def _sml_sync() -> Any:
    try:
        return importlib.import_module("sml_sync")
    except ModuleNotFoundError as error:
        raise SyncNotInstalledError(_INSTALL) from error


def placeholder(settings: Settings) -> str | None:
    """The name of a setting that is still empty or has the tutorial's placeholder, if any."""
    common = settings.common
    if not common.MAIN_MACHINE_IP:
        return "MAIN_MACHINE_IP"
    if common.MAIN_MACHINE_USER in (None, "", "user_name"):
        return "MAIN_MACHINE_USER"
    if not common.MAIN_MACHINE_LOG_PATH:
        return "MAIN_MACHINE_LOG_PATH"
    password = common.MAIN_MACHINE_PASSWD
    # With a key file the password is not needed, even if it is a placeholder.
    unset = not common.MAIN_MACHINE_KEY_FILE and password and set(password.lower()) == {"x"}
    return "MAIN_MACHINE_PASSWD" if unset else None
