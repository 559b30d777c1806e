"""Detect that a run's table was replaced or its folder removed while the run is being written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import read_json, update_json
from sml_config.run_states import RUNNING
from sml_logger.lifecycle.status import Owner, StatusFile, StatusSnapshot
from sml_logger.outputs import CsvOutput, Output

# Seconds between checks once the folder is known to have been moved.
_PAUSE_SECONDS = 1.0


class Presence:
    """Rewrites missing files once the table's name no longer refers to the table."""

    def __init__(
        self,
        folder: RunFolder,
        owner: Owner,
        table: CsvOutput,
        outputs: Sequence[Output],
        notify: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._owner = owner
        self._table = table
        self._outputs = outputs
        self._notify = notify
        self._known = read_json(folder.run_config)
        self._not_before = 0.0
        self._warned_of = ""

    def check(self, now: float, step: int) -> None:
        """Rewrite removed or replaced files; `now` in seconds, `step` is the number of rows so far.

        A folder that was moved stays where it is, and rows are still written there. Raises OSError if rows
        cannot be written anywhere.
        """
        if 0 <= self._not_before - now <= _PAUSE_SECONDS:
            return
        if self._was_moved():
            if not self._table.has_any_name():
                raise OSError(errno.ESTALE, "the run folder was removed, and another run has taken its name")
            self._not_before = now + _PAUSE_SECONDS
            self._warn_once(
                "the run folder was moved; rows are written there, but late columns are not added"
            )
            return
        is_gone = not self._folder.path.exists()
        if is_gone:
            self._make_folder(step)
        written = [output.name for output in self._outputs if output.restore()]
        if is_gone:
            written.append("config")
        if written:
            cause = "the run folder was removed" if is_gone else f"{written[0]} was replaced or removed"
            self._notify(
                f"WARNING: {cause} while the run is being written; rewritten: {', '.join(written)};"
                " replaced files were renamed to '*superseded*'"
            )

    def _was_moved(self) -> bool:
        """Whether the folder was moved away, or another run has taken its name."""
        if not self._folder.path.exists():
            return self._table.has_any_name()
        holder = StatusSnapshot.of(self._folder).process
        return holder is not None and holder != self._owner.process

    def _make_folder(self, step: int) -> None:
        self._folder.events.mkdir(parents=True)
        status = StatusFile(self._folder, self._owner)
        status.take()
        status.write(state=RUNNING, step=step)
        if isinstance(self._known, dict):
            known: dict[str, Any] = self._known
            update_json(self._folder.run_config, **known)

    def _warn_once(self, message: str) -> None:
        if self._warned_of != message:
            self._warned_of = message
            self._notify(f"WARNING: {message}: {os.fspath(self._folder.path)}")
