"""Stable-Baselines3: `model.learn(100_000, callback=SmlCallback(log_name="ppo"))`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("stable-baselines3"):
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.logger import Figure, HParam, Image, KVWriter, Video


class SmlWriter(KVWriter):  # type: ignore[misc]
    """An output of SB3's own logger: `model.logger.output_formats.append(SmlWriter(logger))`.

    What SB3 records goes into one row for each number of timesteps, evaluations included; images, figures
    and videos into `media/`.
    """

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        self.run = Run(logger, options)

    def write(
        self, key_values: Mapping[str, Any], key_excluded: Mapping[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Log what SB3 dumps at a timestep, without what it excludes from CSV tables."""
        shown = {
            key: value for key, value in key_values.items() if "csv" not in (key_excluded.get(key) or ())
        }
        self.run.log(shown, step)
        for key, value in key_values.items():
            if isinstance(value, Video):  # of shape (1, time, channels, height, width)
                self.run.logger.log_video(key, value.frames[0], step, fps=value.fps)
            elif isinstance(value, Figure):
                self.run.logger.log_figure(key, value.figure, step)
            elif isinstance(value, Image) and not isinstance(value.image, str):
                self.run.logger.log_image(key, value.image, step, order=value.dataformats)
            elif isinstance(value, HParam):
                self.run.add_parameters(value.hparam_dict)

    def close(self) -> None:
        """SB3 closes its outputs between calls of `learn`; the run goes on."""


class SmlCallback(BaseCallback):  # type: ignore[misc]
    """Logs a training with the arguments of its model as parameters.

    Arguments: a logger, or what `Logger` takes. The run ends with `close()` or with the process, so that
    `learn` may be called again.
    """

    def __init__(self, logger: Logger | None = None, verbose: int = 0, **options: Any) -> None:
        super().__init__(verbose)
        self.writer = SmlWriter(logger, **options)
        self.run = self.writer.run

    def _on_training_start(self) -> None:
        self.run.add_parameters(_arguments(self.model))
        if self.writer not in self.logger.output_formats:
            self.logger.output_formats.append(self.writer)

    def _on_step(self) -> bool:
        return True

    def close(self) -> None:
        """End the run."""
        self.run.close()


def _arguments(model: Any) -> dict[str, Any]:
    """What the model was created with, as far as it keeps it, and its environment."""
    names = [
        name for name in inspect.signature(type(model).__init__).parameters if name not in ("self", "env")
    ]
    values = {name: getattr(model, name) for name in names if hasattr(model, name) and name != "verbose"}
    values |= {"algorithm": type(model).__name__, "policy": type(model.policy).__name__}
    # A schedule is a function; what it was made of is kept beside it.
    values = {name: value for name, value in values.items() if name != "_init_setup_model"}
    spec = getattr(model.env, "envs", [None])[0] if model.env is not None else None
    spec = getattr(spec, "spec", None)
    if spec is not None:
        values["env_id"] = spec.id
    return values
