"""LightGBM: `lightgbm.train(params, data, valid_sets=[...], callbacks=[SmlCallback(log_name="trees")])`."""

from __future__ import annotations

from typing import Any

from sml_logger.logger import Logger

from .run import Run


class SmlCallback:
    """A row for each boosting round: `valid_0/l2` for metric `l2` of the data `valid_0`.

    Arguments: a logger, or what `Logger` takes. In `lightgbm.cv`, `valid/l2` is the mean over folds and
    `valid/l2_std` their standard deviation. The run ends with `run.close()` or with the process.
    """

    # Before early stopping, which raises.
    order = 20
    before_iteration = False

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        self.run = Run(logger, options)
        self._knows_parameters = False

    def __call__(self, env: Any) -> None:
        """Log the round of LightGBM's CallbackEnv."""
        if not self._knows_parameters:
            self._knows_parameters = True
            self.run.add_parameters(env.params)
        row: dict[str, Any] = {}
        for data, metric, value, _, *deviation in env.evaluation_result_list or ():
            name = f"{data}/{metric}" if data != "cv_agg" else metric.replace(" ", "/", 1)
            row[name] = value
            if deviation:
                row[f"{name}_std"] = deviation[0]
        self.run.log(row, env.iteration)
