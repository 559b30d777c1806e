"""`FileWriter`: summaries and events that a script has built itself go to the event file as they are."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Any

from sml_logger.outputs.event_messages import event_of_summary

if TYPE_CHECKING:
    from .run_logger import RunLogger


class FileWriter:
    """The part of TensorBoard's FileWriter that scripts use; made by `SummaryWriter`."""

    def __init__(self, logger: RunLogger) -> None:
        self._logger = logger

    def get_logdir(self) -> str:
        """The run folder."""
        return self._logger.output_dir

    def add_event(self, event: Any, step: int | None = None, walltime: float | None = None) -> None:
        """Write an Event, a protobuf message or its bytes."""
        data = event if isinstance(event, bytes) else event.SerializeToString()
        if walltime is not None:
            data += b"\x09" + struct.pack("<d", walltime)
        self._logger.add_event(data, int(step or 0))

    def add_summary(
        self, summary: Any, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Write a Summary, a protobuf message or its bytes."""
        data = summary if isinstance(summary, bytes) else summary.SerializeToString()
        step = int(global_step or 0)
        self._logger.add_event(event_of_summary(step, walltime or time.time(), data), step)

    def flush(self) -> None:
        """Do nothing: events are not buffered."""

    def close(self) -> None:
        """Do nothing: the SummaryWriter closes the file."""

    def reopen(self) -> None:
        """Do nothing: the file is open."""
