"""Transformers: `Trainer(..., callbacks=[SmlCallback(log_name="bert")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("transformers"):
    from transformers import TrainerCallback


class SmlCallback(TrainerCallback):  # type: ignore[misc]
    """What the Trainer logs as rows by step; TrainingArguments, and the model's configuration, as parameters.

    Arguments: a logger, or what `Logger` takes. Only the first process of a distributed training writes. The
    run ends with `run.close()` or with the process, so that `trainer.evaluate()` adds to it.
    """

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        self.run = Run(logger, options)

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Save the parameters."""
        if state.is_world_process_zero:
            self.run.add_parameters(args.to_sanitized_dict())
            if hasattr(model, "config"):
                self.run.add_parameters({"model": model.config.to_dict()})

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """Log what the Trainer reports."""
        if state.is_world_process_zero and logs:
            self.run.log(logs, state.global_step)
