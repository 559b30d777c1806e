"""Ray Tune: `RunConfig(callbacks=[SmlCallback(logger_category="sweep")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .run import Run, needs

with needs("ray[tune]"):
    from ray.tune.logger import LoggerCallback

# Of the process, and of how Ray counts; `training_iteration` is the row's step.
_LEFT_OUT = {"config", "pid", "timestamp", "training_iteration", "hist_stats", "done", "should_checkpoint"}


class SmlCallback(LoggerCallback):  # type: ignore[misc]
    """A run folder for each trial, named as the trial, with its configuration as parameters.

    Arguments: what `Logger` takes. A row is what a trial reports, over its training iteration. `backup_code`
    is off unless it is given: all trials have the code of the first.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._runs: dict[str, Run] = {}

    def log_trial_start(self, trial: Any) -> None:
        """Create the run folder of a trial, also of one that is started again."""
        if trial.trial_id not in self._runs:
            options = {"log_name": str(trial), "backup_code": False, **self._options}
            self._runs[trial.trial_id] = Run(None, {**options, "parameters": dict(trial.config)})

    def log_trial_result(self, iteration: int, trial: Any, result: Mapping[str, Any]) -> None:
        """Log what a trial reports."""
        self.log_trial_start(trial)
        shown = {name: value for name, value in result.items() if name not in _LEFT_OUT}
        self._runs[trial.trial_id].log(shown, result.get("training_iteration", iteration))

    def log_trial_end(self, trial: Any, failed: bool = False) -> None:
        """End the run of a trial."""
        if (run := self._runs.pop(trial.trial_id, None)) is not None:
            run.close("the trial failed; its error is in Ray's folder" if failed else None)
