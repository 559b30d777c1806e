"""Notices that a run's table was exchanged or its folder removed while the run is written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import read_json, update_json
from sml_logger.lifecycle.status import RUNNING, LastWords, Owner, StatusFile
from sml_logger.outputs import CsvOutput, Output

# Seconds until the names are looked at again, once a run is known to be written elsewhere.
_PAUSE_SECONDS = 1.0


class Presence:
    """Writes anew what is gone, once the table's name does not lead to the table any more."""

    def __init__(
        self,
        folder: RunFolder,
        owner: Owner,
        table: CsvOutput,
        outputs: Sequence[Output],
        say: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._owner = owner
        self._table = table
        self._outputs = outputs
        self._say = say
        self._known = read_json(folder.run_config)
        self._not_before = 0.0
        self._complained = ""

    def check(self, now: float, step: int) -> None:
        """Write anew what was removed or exchanged; `now` in seconds, `step` the rows so far.

        A folder that was moved is left where it is: rows go on there. Raises OSError if there is no place
        that rows could go to.
        """
        if 0 <= self._not_before - now <= _PAUSE_SECONDS:
            return
        if self._is_elsewhere():
            if not self._table.has_a_name():
                raise OSError(
                    errno.ESTALE, "the run's folder was removed, and its name belongs to another run"
                )
            self._not_before = now + _PAUSE_SECONDS
            self._once("the run's folder was moved; its rows go on where it is now, late columns do not")
            return
        is_gone = not self._folder.path.exists()
        if is_gone:
            self._make_folder(step)
        written = [output.name for output in self._outputs if output.restore()]
        if is_gone:
            written.append("config")
        if written:
            cause = "the run's folder was removed" if is_gone else f"{written[0]} was exchanged or removed"
            self._say(
                f"WARNING: {cause} while the run is written; written anew: {', '.join(written)};"
                " what had the name now has one with 'superseded'"
            )

    def _is_elsewhere(self) -> bool:
        """Whether the folder is not ours any more: moved away, or another run has taken the name."""
        if not self._folder.path.exists():
            return self._table.has_a_name()
        holder = LastWords.of(self._folder).process
        return holder is not None and holder != self._owner.process

    def _make_folder(self, step: int) -> None:
        self._folder.events.mkdir(parents=True)
        status = StatusFile(self._folder, self._owner)
        status.take()
        status.write(state=RUNNING, step=step)
        if isinstance(self._known, dict):
            known: dict[str, Any] = self._known
            update_json(self._folder.run_config, **known)

    def _once(self, what: str) -> None:
        if self._complained != what:
            self._complained = what
            self._say(f"WARNING: {what}: {os.fspath(self._folder.path)}")
