"""Hydra: a run folder for each job, with its configuration as parameters.

In the configuration, or on the command line:

    hydra:
      callbacks:
        sml:
          _target_: sml_logger.integrations.hydra.SmlRun
"""

from __future__ import annotations

from typing import Any

from sml_config import record_run

from .run import Run, needs

with needs("hydra-core"):
    from hydra.experimental.callback import Callback
    from omegaconf import OmegaConf


class SmlRun(Callback):  # type: ignore[misc]
    """Begins a run before each job, and ends it as the job ends; `Logger.logger` is its logger.

    Arguments: what `Logger` takes. Unless `log_name` or `name_from` are among them, runs lie below the job's
    name and are called as their overrides, e.g. `train/lr=0.1,seed=3`.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._run: Run | None = None

    def on_job_start(self, config: Any, **_: Any) -> None:
        """Create the run folder."""
        options = {**self._options}
        job = config.hydra.job
        if not {"log_name", "name_from"} & set(options):
            options["log_name"] = job.override_dirname or job.name
            options.setdefault("logger_category", job.name)
        parameters = config.copy()
        OmegaConf.set_struct(parameters, False)
        del parameters["hydra"]
        self._run = Run(None, {**options, "parameters": parameters})
        record_run(
            self._run.folder,
            hydra_output_dir=config.hydra.runtime.output_dir,
            hydra_overrides=list(config.hydra.overrides.task),
        )
        self._run.logger.set_as_default_logger()

    def on_job_end(self, config: Any, job_return: Any, **_: Any) -> None:
        """End the run."""
        if self._run is not None:
            failed = job_return.status.name == "FAILED"
            error = getattr(job_return, "_return_value", None)
            self._run.close(f"{type(error).__name__}: {error}" if failed else None)
