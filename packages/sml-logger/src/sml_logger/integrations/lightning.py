"""Lightning and Fabric: `Trainer(logger=SmlLogger(log_name="mnist"))`, `Fabric(loggers=SmlLogger())`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("lightning"):
    try:
        from lightning.pytorch.loggers.logger import Logger as LightningLogger
        from lightning.pytorch.utilities import rank_zero_only
    except ImportError:
        from pytorch_lightning.loggers.logger import Logger as LightningLogger
        from pytorch_lightning.utilities import rank_zero_only


class SmlLogger(LightningLogger):  # type: ignore[misc]
    """Lightning's metrics as rows by step, its hyperparameters as the run's parameters.

    Arguments: a logger, or what `Logger` takes. Checkpoints go into the run folder unless a path is set. A
    training that fails ends the run as failed; otherwise it ends with `run.close()` or with the process, so
    that `trainer.test` adds to it.
    """

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        super().__init__()
        self.run = Run(logger, options)

    @property
    def experiment(self) -> Logger:
        """The logger, for images and what else Lightning does not log."""
        return self.run.logger

    @property
    def name(self) -> str:
        """The name of the folder above the run's."""
        return Path(self.run.folder).parent.name

    @property
    def version(self) -> str:
        """The name of the run folder."""
        return Path(self.run.folder).name

    @property
    def save_dir(self) -> str:
        """Where name and version are below."""
        return str(Path(self.run.folder).parent.parent)

    @property
    def log_dir(self) -> str:
        """The run folder."""
        return self.run.folder

    @property
    def root_dir(self) -> str:
        """The folder above the run's."""
        return str(Path(self.run.folder).parent)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log what Lightning reports at a step."""
        self.run.log(metrics, step)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_hyperparams(
        self, params: Mapping[str, Any] | argparse.Namespace | None = None, *_: Any, **__: Any
    ) -> None:
        """Save the hyperparameters of the module and of its data."""
        if params:
            self.run.add_parameters(params)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def finalize(self, status: str) -> None:
        """End the run if the training failed."""
        if status not in ("success", "finished"):
            self.run.close(error=f"Lightning: {status}")
