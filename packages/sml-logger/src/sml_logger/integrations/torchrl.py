"""TorchRL: `SmlLogger("ppo")` wherever TorchRL takes one of its loggers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("torchrl"):
    from torchrl.record.loggers import Logger as TorchRLLogger


class SmlLogger(TorchRLLogger):  # type: ignore[misc]
    """TorchRL's scalars as rows by step, its videos and histograms as media, its configuration as parameters.

    Arguments: the name of the run folder; a logger, or what `Logger` takes.
    """

    def __init__(self, exp_name: str = "log", *, logger: Logger | None = None, **options: Any) -> None:
        self.run = Run(logger, options if logger is not None else {"log_name": exp_name, **options})
        super().__init__(exp_name=exp_name, log_dir=options.get("base_path"))
        self.log_dir = str(Path(self.run.folder).parent)

    def _create_experiment(self) -> Logger:
        return self.run.logger

    def log_scalar(self, name: str, value: float, step: int | None = None) -> None:
        """Log one metric in the row of its step."""
        self.run.log({name: value}, step)

    def log_video(self, name: str, video: Any, step: int | None = None, **kwargs: Any) -> None:
        """Store a video of shape (1, time, channels, height, width)."""
        frames = video[0] if len(video.shape) == 5 else video
        self.run.logger.log_video(name, frames, step, fps=kwargs.get("fps", 30))

    def log_hparams(self, cfg: Any) -> None:
        """Save parameters: a mapping or an OmegaConf."""
        self.run.add_parameters(cfg)

    def log_histogram(self, name: str, data: Any, **kwargs: Any) -> None:
        """Store a histogram."""
        self.run.logger.log_histogram(name, data, kwargs.get("step"))

    def __repr__(self) -> str:
        return f"SmlLogger({self.run.folder!r})"
