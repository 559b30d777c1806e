"""Keras: `model.fit(..., callbacks=[SmlCallback(log_name="mnist")])`, with any backend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs, number

with needs("keras"):
    from keras.callbacks import Callback

_NUMBER = re.compile(r"_\d+$")


class SmlCallback(Callback):  # type: ignore[misc]
    """A row for each epoch; the arguments of `fit` and the optimizer as parameters.

    Arguments: a logger, or what `Logger` takes. The run ends with `run.close()` or with the process, so that
    `fit` may be called again.
    """

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        super().__init__()
        self.run = Run(logger, options)

    def on_train_begin(self, logs: Any = None) -> None:
        """Save the parameters."""
        known = {name: value for name, value in (self.params or {}).items() if name != "verbose"}
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None:
            # Keras numbers the optimizers of a process: `sgd_1` is the second one, and no other method.
            known["optimizer"] = configuration = dict(optimizer.get_config())
            configuration["name"] = _NUMBER.sub("", str(configuration.get("name", "")))
        self.run.add_parameters(known)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the metrics of an epoch and its learning rate; `epoch` counts from 0, as in Keras' own logs."""
        rate: Any = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        value = number(rate.numpy() if hasattr(rate, "numpy") else rate)
        self.run.log({**(logs or {}), **({} if value is None else {"learning_rate": value})}, epoch)
