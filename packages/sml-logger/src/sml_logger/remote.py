"""Sending the run to the main machine without ever stalling training."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sml_config import Settings

from .errors import SyncNotInstalledError

_FIRST_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 900.0
_LAST_SECONDS = 5.0
_INSTALL = "sync_log_to_remote and sync_every need: pip install 'sml-logger[sync]'"


class Remote:
    """Sends one run folder; after a failure it waits, longer each time, before it connects again."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._pause = 0.0
        self._not_before = 0.0
        self._complained = False
        # A process that sends the run again and again, and the settings that it was last sent with.
        self._watch: Any = None
        self._synced: Settings | None = None

    def watch(self, settings: Settings, every: float) -> None:
        """Let a process of its own send the run every so many seconds, and once more when the run ends.

        Raises SyncNotInstalledError.
        """
        if not self._is_named(settings):
            return
        sync = _sml_sync()
        try:
            self._watch = sync.watch_run(self._folder, settings, every)
        except (sync.SmlSyncError, OSError) as error:
            self._say(f"WARNING: the run is not sent while it is written: {error}")

    def finish(self) -> None:
        """Bring the last rows and the status home, if the run was ever sent; 5 s are waited for that."""
        watch, self._watch = self._watch, None
        settings, self._synced = self._synced, None
        if watch is None and settings is not None:
            sync = _sml_sync()
            try:
                watch = sync.watch_run(self._folder, settings, _FIRST_PAUSE_SECONDS)
            except (sync.SmlSyncError, OSError):
                return  # the call that failed before has said why
        if watch is not None:
            # Where sending has just failed it would fail again; the process tries for some minutes.
            watch.close(0.0 if time.monotonic() < self._not_before else _LAST_SECONDS)

    def push(self, settings: Settings, trials: int, *, replace: bool = False) -> bool:
        """Whether everything arrived; False at once while it waits, or with settings that name no machine.

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
                report = sync.push_run(self._folder, settings, replace=replace)
            except (sync.SmlSyncError, OSError, RuntimeError) as error:  # no thread, or Python is ending
                self._say(f"not synced: {error}")
                continue
            self._say(str(report.text))
            if report.ok:
                self._pause = 0.0
                return True
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        self._not_before = time.monotonic() + self._pause
        self._say(f"not synced; calls within the next {self._pause:.0f} s return at once")
        return False

    def _is_named(self, settings: Settings) -> bool:
        missing = placeholder(settings)
        if missing is not None and not self._complained:
            self._complained = True
            unread = ", or was not read: call init_smart_logger() first" if settings.origin is None else ""
            # Both at once: who sets the machine now would else learn of the package a training later.
            needs = "" if importlib.util.find_spec("sml_sync") else f"; {_INSTALL}"
            self._say(f"not synced: {missing} in common_config.yaml is not set yet{unread}{needs}")
        return missing is None


def _sml_sync() -> Any:
    try:
        return importlib.import_module("sml_sync")
    except ModuleNotFoundError as error:
        raise SyncNotInstalledError(_INSTALL) from error


def placeholder(settings: Settings) -> str | None:
    """The setting that is still empty or as the tutorial prints it, if one is."""
    common = settings.common
    if not common.MAIN_MACHINE_IP:
        return "MAIN_MACHINE_IP"
    if common.MAIN_MACHINE_USER in (None, "", "user_name"):
        return "MAIN_MACHINE_USER"
    if not common.MAIN_MACHINE_LOG_PATH:
        return "MAIN_MACHINE_LOG_PATH"
    password = common.MAIN_MACHINE_PASSWD
    # With a key file the password is not needed, whatever the tutorial's line holds.
    unset = not common.MAIN_MACHINE_KEY_FILE and password and set(password.lower()) == {"x"}
    return "MAIN_MACHINE_PASSWD" if unset else None
