"""Accelerate: `Accelerator(log_with=SmlTracker(log_name="gpt"))`, then `init_trackers` and `log` as ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("accelerate"):
    from accelerate.tracking import GeneralTracker


class SmlTracker(GeneralTracker):  # type: ignore[misc]
    """What `accelerator.log` gets as rows by step, and the configuration of `init_trackers` as parameters.

    Arguments: a name of the run folder, as Accelerate passes its project name; a logger, or what `Logger`
    takes. Registered by `register_tracker_class(SmlTracker)`, `log_with="sml"` names it. `accelerator.log` of
    images or tables goes through `get_tracker("sml", unwrap=True)`, which is the logger.
    """

    name = "sml"
    requires_logging_directory = False

    def __init__(self, run_name: str | None = None, *, logger: Logger | None = None, **options: Any) -> None:
        super().__init__()
        if run_name is not None:
            options = {"log_name": run_name, **options}
        self.run = Run(logger, options)

    @property
    def tracker(self) -> Logger:
        """The logger."""
        return self.run.logger

    def store_init_configuration(self, values: Mapping[str, Any]) -> None:
        """Save the parameters."""
        self.run.add_parameters(values)

    def log(self, values: Mapping[str, Any], step: int | None = None, **_: Any) -> None:
        """Log the metrics of a step."""
        self.run.log(values, step)

    def finish(self) -> None:
        """End the run."""
        self.run.close()
