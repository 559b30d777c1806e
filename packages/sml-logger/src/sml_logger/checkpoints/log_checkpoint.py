"""The method of `Logger` that records a checkpoint."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sml_logger.errors import MetricTypeError, SmlLoggerError

if TYPE_CHECKING:
    from sml_logger.run_files import RunFiles


class LogCheckpoint:
    """Mixed into `Logger`."""

    _files: RunFiles | None
    _pid: int
    _step: int

    def checkpoint(
        self,
        path: str | os.PathLike[str],
        step: int | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a file or folder that the script has saved as a checkpoint, in `checkpoints.jsonl`.

        `step` is the number of dumped rows if it is not given; `metrics` are numbers that `sml-logger prune`
        compares, e.g. `{"eval_return": 312.5}`. A path that is recorded again replaces its earlier record.
        Silent ranks and forked processes record nothing. Raises SmlLoggerError if there is no such file, and
        MetricTypeError (a TypeError) for a metric that is not a number.
        """
        # Late: not every script records checkpoints.
        from sml_logger.rows.metric_values import mean, numbers_of

        from .records import record_checkpoint

        if self._files is None or self._pid != os.getpid():
            return
        try:
            number = self._step if step is None else operator.index(step)
        except TypeError:
            raise SmlLoggerError(f"invalid step {step!r}; expected an integer") from None
        numbers: dict[str, float] = {}
        for name, value in (metrics or {}).items():
            average = mean(numbers_of(str(name), value))
            if average is None:
                raise MetricTypeError(str(name), "an empty list is not a number")
            numbers[str(name)] = average
        try:
            record_checkpoint(self._files.folder, Path(path), number, numbers)
        except FileNotFoundError as error:
            raise SmlLoggerError(
                f"{error.filename}: no such checkpoint; save it before logger.checkpoint()"
            ) from None
        except OSError as error:  # a full disk must not end training
            self._files.report(f"the checkpoint {path} could not be recorded ({error.strerror or error})")
