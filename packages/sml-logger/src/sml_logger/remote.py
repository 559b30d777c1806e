"""Sending the run to the main machine without ever stalling training."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path

from sml_config import Settings

from .errors import SyncNotInstalledError

_FIRST_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 900.0


class Remote:
    """Sends one run folder; after a failure it waits, longer each time, before it connects again."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._pause = 0.0
        self._not_before = 0.0
        self._complained = False

    def push(self, settings: Settings, trials: int) -> bool:
        """Whether everything arrived; False at once while it waits, or with settings that name no machine.

        Raises SyncNotInstalledError.
        """
        missing = placeholder(settings)
        if missing is not None:
            if not self._complained:
                self._complained = True
                self._say(f"not synced: {missing} in common_config.yaml does not name a main machine yet")
            return False
        try:
            sync = importlib.import_module("sml_sync")
        except ModuleNotFoundError as error:
            raise SyncNotInstalledError("sync_log_to_remote needs: pip install 'sml-logger[sync]'") from error
        if time.monotonic() < self._not_before:
            return False
        for _ in range(max(trials, 1)):
            try:
                report = sync.push_run(self._folder, settings)
            except sync.SmlSyncError as error:
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
    return "MAIN_MACHINE_PASSWD" if password and set(password.lower()) == {"x"} else None
