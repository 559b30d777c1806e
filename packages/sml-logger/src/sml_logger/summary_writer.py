"""`Logger.tb`: tensorboardX's SummaryWriter on the run's own event file.

Its own writer would begin a second file in `tbfile/`; TensorBoard then stops reading the first, and rows are
lost to it. So everything goes into the one file that the rows go to, in order, on the caller's path.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter
from tensorboardX.writer import FileWriter

# Takes an event as protobuf encodes it, with its step.
AddEvent = Callable[[bytes, int], None]


class _Events:
    """Stands where tensorboardX has its queue and thread."""

    def __init__(self, folder: str, add_event: AddEvent) -> None:
        self._folder = folder
        self._add_event = add_event

    def get_logdir(self) -> str:
        return self._folder

    def add_event(self, event: Any) -> None:
        self._add_event(event.SerializeToString(), event.step)

    def flush(self) -> None:
        """Nothing is kept back."""

    close = reopen = flush


class _OneFile(FileWriter):  # type: ignore[misc]  # has no types
    """A FileWriter without a file of its own."""

    def __init__(self, folder: str, add_event: AddEvent) -> None:
        self.event_writer = _Events(folder, add_event)
        self._default_metadata: dict[str, Any] = {}


class RunSummaryWriter(SummaryWriter):  # type: ignore[misc]  # has no types
    """A SummaryWriter whose events go to the run."""

    def __init__(self, folder: Path, add_event: AddEvent | None) -> None:
        """Without `add_event` it writes nothing, as on ranks that are silent."""
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
