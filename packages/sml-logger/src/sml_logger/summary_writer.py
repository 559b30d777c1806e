"""`Logger.tb`: tensorboardX's SummaryWriter on the run's own event file.

SummaryWriter's own writer would start a second file in `tbfile/`; TensorBoard then stops reading the first
one and misses later rows. So all events are written to the file of the rows, in order and synchronously.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter
from tensorboardX.writer import FileWriter

# Takes a serialized protobuf event and its step.
AddEvent = Callable[[bytes, int], None]


class _Events:
    """Replaces tensorboardX's event queue and writer thread."""

    def __init__(self, folder: str, add_event: AddEvent) -> None:
        self._folder = folder
        self._add_event = add_event

    def get_logdir(self) -> str:
        return self._folder

    def add_event(self, event: Any) -> None:
        self._add_event(event.SerializeToString(), event.step)

    def flush(self) -> None:
        """Do nothing: events are not buffered."""

    close = reopen = flush


class _OneFile(FileWriter):  # type: ignore[misc]  # has no types
    """A FileWriter that opens no file of its own."""

    def __init__(self, folder: str, add_event: AddEvent) -> None:
        self.event_writer = _Events(folder, add_event)
        self._default_metadata: dict[str, Any] = {}


class RunSummaryWriter(SummaryWriter):  # type: ignore[misc]  # has no types
    """A SummaryWriter that writes to the run's event file."""

    def __init__(self, folder: Path, add_event: AddEvent | None) -> None:
        """Without `add_event` nothing is written, as on silent ranks."""
        self._add_event = add_event
        self.file_writer: Any = None
        self.all_writers: Any = None
        super().__init__(str(folder), write_to_disk=add_event is not None)

    def _get_file_writer(self) -> Any:
        if self._add_event is None:
            return super()._get_file_writer()
        if self.all_writers is None or self.file_writer is None:
            self.file_writer = _OneFile(self.logdir, self._add_event)
            self.all_writers = {self.logdir: self.file_writer}
        return self.file_writer
