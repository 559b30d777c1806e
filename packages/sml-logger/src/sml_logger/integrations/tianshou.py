"""Tianshou: `SmlLogger(log_name="dqn")` wherever a trainer takes a logger."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sml_config.run_folder import TABLE
from sml_logger.logger import Logger

from .run import Run, needs

with needs("tianshou"):
    from tianshou.utils.logger.logger_base import BaseLogger


class SmlLogger(BaseLogger):  # type: ignore[misc]
    """Rows by environment step; updates and epochs are logged there too, with their own counts as columns.

    Arguments: a logger, or what `Logger` takes; `intervals` of Tianshou's loggers such as
    `{"training_interval": 1}`.
    """

    def __init__(
        self, logger: Logger | None = None, *, intervals: Mapping[str, int] | None = None, **options: Any
    ) -> None:
        super().__init__(**(intervals or {}))
        self.run = Run(logger, options)
        self._env_step = 0

    def prepare_dict_for_logging(self, log_data: Mapping[str, Any]) -> dict[str, Any]:
        """Leave the choice of values to `write`."""
        return dict(log_data)

    def write(self, step_type: str, step: int, data: Mapping[str, Any]) -> None:
        """Log statistics of a kind such as `training/env_step` or `update/update_step`."""
        scope, _, counter = step_type.partition("/")
        if counter == "env_step":
            self._env_step = int(step)
            self.run.log({scope: data}, self._env_step)
        else:
            self.run.log({scope: data, counter: step}, self._env_step)

    def finalize(self) -> None:
        """End the run."""
        self.run.close()

    def save_data(
        self,
        epoch: int,
        env_step: int,
        update_step: int,
        save_checkpoint_fn: Callable[[int, int, int], str] | None = None,
    ) -> None:
        """Call the trainer's function that saves a checkpoint."""
        if save_checkpoint_fn is not None:
            save_checkpoint_fn(epoch, env_step, update_step)

    def restore_data(self) -> tuple[int, int, int]:
        """Begin at the beginning: epoch, environment steps, updates."""
        return 0, 0, 0

    @staticmethod
    def restore_logged_data(log_path: str) -> dict[str, list[str]]:
        """The columns of a run folder's table, as text."""
        with (Path(log_path) / TABLE).open(newline="") as file:
            names, *rows = csv.reader(file)
        return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
