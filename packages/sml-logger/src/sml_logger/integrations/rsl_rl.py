"""rsl_rl and Isaac Lab: `cfg["logger"] = {"class_name": "sml_logger.integrations.rsl_rl:SmlWriter"}`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .run import Run, needs

with needs("rsl-rl-lib"):
    from rsl_rl.utils.log_writer import LogWriter


class SmlWriter(LogWriter):  # type: ignore[misc]
    """Metrics as rows by iteration, the configurations as parameters, videos as media.

    Further entries of `cfg["logger"]` are what `Logger` takes. The run is called as rsl_rl's own folder,
    below the name of its experiment, unless `log_name` is given.
    """

    def __init__(self, log_dir: str, **options: Any) -> None:
        if not {"log_name", "name_from"} & set(options):
            folder = Path(log_dir).absolute()
            options = {"log_name": folder.name, "logger_category": folder.parent.name, **options}
        self.run = Run(None, options)

    def add_scalar(self, tag: str, scalar_value: Any, global_step: int) -> None:
        """Log a metric in the row of its iteration; `…/time`, the same over seconds, is left out."""
        if not tag.endswith("/time"):
            self.run.log({tag: scalar_value}, global_step)

    def store_config(self, env_cfg: Any, train_cfg: dict[str, Any]) -> None:
        """Save the parameters."""
        self.run.add_parameters({"env": env_cfg, "train": train_cfg})

    def save_video(self, video: Path, it: int) -> None:
        """Store a video."""
        self.run.logger.log_video("video", video, it)

    def stop(self) -> None:
        """End the run."""
        self.run.close()
