"""XGBoost: `xgboost.train(params, data, callbacks=[SmlCallback(parameters=params, log_name="trees")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("xgboost"):
    from xgboost.callback import TrainingCallback


class SmlCallback(TrainingCallback):  # type: ignore[misc]
    """A row for each boosting round: `train/rmse` for metric `rmse` of the evaluation set `train`.

    Arguments: a logger, or what `Logger` takes; XGBoost does not tell its parameters, so pass them too. In
    `xgboost.cv`, `test/rmse` is the mean over folds and `test/rmse_std` their standard deviation. The run
    ends with `run.close()` or with the process.
    """

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        super().__init__()
        self.run = Run(logger, options)

    def after_iteration(
        self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]
    ) -> bool:
        """Log the newest value of each metric; returns that training goes on."""
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                mean, *deviation = values[-1] if isinstance(values[-1], tuple) else (values[-1],)
                row[f"{data}/{metric}"] = mean
                if deviation:
                    row[f"{data}/{metric}_std"] = deviation[0]
        self.run.log(row, epoch)
        return False
