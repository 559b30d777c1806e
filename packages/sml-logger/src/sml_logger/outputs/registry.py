"""All outputs: ours, then those of other distributions under the entry point group `sml_logger.outputs`.

An entry point is a function that takes an `OutputContext` and returns an `Output`, or None for no output.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sml_config import RunFolder
from sml_logger.row import Row

from .base import Output
from .csv import CsvOutput
from .tensorboard import TensorBoardOutput
from .text import TextOutput

GROUP = "sml_logger.outputs"
_PARTS = ("name", "next_step", "write_row", "restore", "flush_to_disk", "close")


@dataclass(frozen=True)
class OutputContext:
    """What an output is made for."""

    folder: RunFolder
    # The columns and the number of rows of a resumed run.
    columns: tuple[str, ...]
    step: int
    log_to_file: bool


Factory = Callable[[OutputContext], Output | None]


def text_output(context: OutputContext) -> TextOutput | None:
    """`log.txt`, unless the script wants none."""
    return TextOutput(context.folder.log, context.step) if context.log_to_file else None


def csv_output(context: OutputContext) -> CsvOutput:
    """`progress.csv`."""
    return CsvOutput(context.folder.table, context.columns, context.step)


def tensorboard_output(context: OutputContext) -> TensorBoardOutput:
    """The event file in `tbfile/`."""
    return TensorBoardOutput(context.folder.events, context.step)


# In the order in which they are opened and written.
OUTPUTS: dict[str, Factory] = {"text": text_output, "csv": csv_output, "tensorboard": tensorboard_output}


def opened_outputs(context: OutputContext, notify: Callable[[str], None]) -> Iterator[tuple[str, Output]]:
    """Open all outputs of a run, by name. Raises OSError for ours; a plugin that fails is reported."""
    for name, factory in OUTPUTS.items():
        output = factory(context)
        if output is not None:
            yield name, output
    for name, value, load in _plugins():
        try:
            if name in OUTPUTS:
                raise ValueError(f"there is an output named {name!r} already")
            output = load()(context)
            lacking = [part for part in _PARTS if output is not None and not hasattr(output, part)]
            if lacking:
                raise TypeError(f"it has no {', '.join(lacking)}")
        except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
            notify(f"WARNING: the output {name} ({value}) cannot be used: {error!r}; the others go on")
        else:
            if output is not None:
                yield name, PluginOutput(name, output, notify)


class PluginOutput:
    """An output of another distribution; one that raises anything but OSError is not used any more."""

    def __init__(self, name: str, output: Output, notify: Callable[[str], None]) -> None:
        self.name = name
        self._output: Output | None = output
        self._notify = notify
        self._next_step = 0

    @property
    def next_step(self) -> int:
        """One more than the step of the last row that the plugin took."""
        output = self._output
        if output is not None:
            self._next_step = max(self._next_step, output.next_step)
        return self._next_step

    def write_row(self, row: Row) -> None:
        """Write a row."""
        self._guarded(lambda output: output.write_row(row))
        self._next_step = row.step + 1

    def restore(self) -> bool:
        """Rewrite the plugin's file if its name no longer refers to it; whether that was needed."""
        return bool(self._guarded(lambda output: output.restore()))

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk."""
        self._guarded(lambda output: output.flush_to_disk())

    def close(self) -> None:
        """Close the file."""
        self._guarded(lambda output: output.close())

    def _guarded(self, call: Callable[[Output], object]) -> object:
        output = self._output
        if output is None:
            return None
        try:
            return call(output)
        except OSError:  # later calls may succeed
            raise
        except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
            self._output = None
            self._notify(f"WARNING: the output {self.name} failed: {error!r}; the others go on")
            return None


@functools.cache
def _plugins() -> tuple[tuple[str, str, Callable[[], Factory]], ...]:
    """Name, value and loader of the entry points of the group; looked for once in a process."""
    if not any(map(_announces, sys.path)):
        return ()
    from importlib.metadata import entry_points  # late: slower than opening all files of a run

    entries = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return tuple((entry.name, entry.value, entry.load) for entry in entries)


def _announces(folder: str) -> bool:
    """Whether a distribution in a folder of the import path has an entry point of the group."""
    mark = f"[{GROUP}]".encode()
    try:
        with os.scandir(folder or ".") as scanned:
            names = [item.name for item in scanned if item.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for name in names:
        try:
            if mark in Path(folder, name, "entry_points.txt").read_bytes():
                return True
        except OSError:
            continue
    return False
