"""Hydra's jobs as tasks of sml-launch: `python train.py -m hydra/launcher=sml lr=0.1,0.2`.

Hydra finds this module by its place in the namespace `hydra_plugins`, and imports it whenever it starts.
Each job is the script itself with the overrides of the job, in a process of its own; nothing is pickled. What
the job returns is passed through a JSON file in the folder of its task, for sweepers that optimise it.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, setup_globals
from hydra.errors import CompactHydraException
from hydra.experimental.callback import Callback
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

if TYPE_CHECKING:
    from sml_config import Task
    from sml_launch import Result, Run

log = logging.getLogger(__name__)

_RETURNED = "hydra_return.json"
# How overrides begin that say how jobs are started, and not how one is run.
_OF_THE_SWEEP = (
    "hydra.mode",
    "hydra.launcher",
    "hydra/launcher",
    "hydra.sweep",
    "hydra/sweeper",
    "hydra.run",
)

# Entries of `hydra.launcher`; None is the default of sml-launch.
_CONFIGURATION: dict[str, Any] = {
    "_target_": f"{__name__}.SmlLauncher",
    # local, tmux, slurm, dask, or that of a plugin.
    "backend": "local",
    "max_parallel": None,
    "gpus": None,
    "per_gpu": None,
    "retries": None,
    # Seconds, or with a unit: 90m.
    "timeout": None,
    # Shell lines before each job, variables of its environment, and names of those that it inherits.
    "setup": [],
    "environment": {},
    "carry_env": [],
    # Options of the backend, such as {partition: gpu}.
    "options": {},
}
ConfigStore.instance().store(group="hydra/launcher", name="sml", node=_CONFIGURATION, provider="sml_launch")


class SmlLauncher(Launcher):  # type: ignore[misc]
    """Submits jobs through sml-launch and waits for them; Ctrl-C cancels them."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._config: DictConfig | None = None
        self._context: HydraContext | None = None

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,  # noqa: ARG002  each job is the script itself
        config: DictConfig,
    ) -> None:
        """Take what Hydra knows of the sweep."""
        self._context, self._config = hydra_context, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs with these overrides; returns when all have ended. Raises CompactHydraException."""
        from sml_launch import SmlLaunchError  # late: every program that uses Hydra gets here

        setup_globals()
        if self._config is None or self._context is None:
            raise RuntimeError("launch() before setup()")
        configure_log(self._config.hydra.hydra_logging, self._config.hydra.verbose)
        Path(self._config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        jobs = [
            _Job.of(self._context, self._config, list(overrides), initial_job_idx + index)
            for index, overrides in enumerate(job_overrides)
        ]
        try:
            run, tasks = self._submit(self._config, jobs)
        except SmlLaunchError as error:
            raise CompactHydraException(f"hydra/launcher=sml: {error}") from error
        try:
            run.wait()
        except BaseException:
            run.cancel()
            raise
        results, paths = run.results(), run.launch.state_paths
        return [
            job.ended(results.get(task.id), paths.task(task.id), paths.log(task.id))
            for job, task in zip(jobs, tasks, strict=True)
        ]

    def _submit(self, config: DictConfig, jobs: Sequence[_Job]) -> tuple[Run, tuple[Task, ...]]:
        """Start the jobs as tasks of one launch."""
        from sml_launch import Experiment, Grid, Plan

        options = {name: _plain(value, resolve=True) for name, value in self._options.items()}
        backend = options.pop("backend")
        header = (*_program(), *_flags(config))
        experiment = Experiment(
            Grid(shlex.join(header)),
            Path(config.hydra.runtime.cwd),
            session_name=str(config.hydra.job.name),
            environment=options.pop("environment"),
            setup=options.pop("setup"),
            equality_assign=True,
        )
        tasks = tuple(job.task(header) for job in jobs)
        given = {**options.pop("options"), **options}
        chosen = {name: value for name, value in given.items() if value}
        run = Plan(experiment, tasks).submit(backend, tasks=tasks, rerun="all", **chosen)
        log.info("Launching %d jobs with sml-launch, %s; `sml-launch status` shows them", len(jobs), backend)
        return run, tasks


class _Job(NamedTuple):
    """One job: its overrides, and Hydra's configuration of it."""

    number: int
    overrides: list[str]
    config: DictConfig
    folder: str

    @classmethod
    def of(cls, context: HydraContext, master: DictConfig, overrides: list[str], number: int) -> _Job:
        """The job of these overrides, with the output folder that Hydra gives it."""
        config = context.config_loader.load_sweep_config(master, overrides)
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        state = Singleton.get_state()
        try:
            HydraConfig.instance().set_config(config)
            folder = os.path.abspath(Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir)))  # noqa: PTH100
            with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
                config.hydra.runtime.output_dir = folder
        finally:
            Singleton.set_state(state)
        log.info("\t#%d : %s", number, " ".join(filter_overrides(overrides)))
        return cls(number, overrides, config, folder)

    def task(self, header: Sequence[str]) -> Task:
        """The task: the script with the job's overrides, and where Hydra writes."""
        from sml_config import Task

        folder = QuotedString(self.folder, Quote.single).with_quotes()
        words = [
            *("hydra.mode=RUN", f"hydra.run.dir={folder}"),
            *(f"hydra.job.num={self.number}", f"hydra.job.id={self.number}"),
            f"++hydra.callbacks.sml_launcher._target_={__name__}.{ReturnedValue.__name__}",
        ]
        of_hydra = _plain(self.config.hydra.overrides.hydra)
        words += [word for word in of_hydra if not word.lstrip("+~").startswith(_OF_THE_SWEEP)]
        # Words of a header have `$NAME` replaced by the variable, those of parameters do not.
        parameters = [*_plain(self.config.hydra.overrides.task), *(word for word in words if "$" in word)]
        return Task(
            (*header, *(word for word in words if "$" not in word)),
            dict(map(_parameter, parameters)),
        )

    def ended(self, result: Result | None, folder: Path, output: Path) -> JobReturn:
        """What Hydra wants to know of a job that has ended."""
        hydra = OmegaConf.masked_copy(self.config, ["hydra"])
        configuration = OmegaConf.masked_copy(
            self.config, [str(key) for key in self.config if key != "hydra"]
        )
        returned = JobReturn(
            overrides=list(self.config.hydra.overrides.task),
            cfg=configuration,
            hydra_cfg=hydra,
            working_dir=self.folder if self.config.hydra.job.chdir else self.config.hydra.runtime.cwd,
            task_name=self.config.hydra.job.name,
        )
        known = _read(folder / _RETURNED)
        if result is not None and result.status == 0:
            returned.status, returned.return_value = JobStatus.COMPLETED, known.get("value")
        else:
            reason = known.get("error") or (result.reason if result is not None else "it did not run")
            returned.status = JobStatus.FAILED
            returned.return_value = CompactHydraException(
                f"job {self.number} failed: {reason}; its output is in {output}"
            )
        return returned


class ReturnedValue(Callback):  # type: ignore[misc]
    """In the process of a job: writes what it returns, or its error, for the launcher."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:  # noqa: ARG002
        """Write the file, if there is a task that it belongs to."""
        from sml_config.process import TASK_FOLDER_VARIABLE
        from sml_config.run_folder import write_atomic

        folder = os.environ.get(TASK_FOLDER_VARIABLE)
        if not folder:
            return
        value = job_return._return_value
        if job_return.status == JobStatus.FAILED:
            content = {"error": f"{type(value).__name__}: {value}"}
        else:
            content = {"value": _json(value)}
        write_atomic(Path(folder) / _RETURNED, json.dumps(content))


def _program() -> list[str]:
    """The command of this script, without its arguments."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None:
        return [sys.executable, "-m", spec.name.removesuffix(".__main__")]
    return [sys.executable, os.path.abspath(sys.argv[0])]  # noqa: PTH100  links stay


def _flags(config: DictConfig) -> list[str]:
    """The options of Hydra's command line that say where the configuration is."""
    flags = []
    if config.hydra.job.config_name:
        flags += ["--config-name", str(config.hydra.job.config_name)]
    for source in config.hydra.runtime.config_sources:
        option = {"main": "--config-path", "command-line": "--config-dir"}.get(source.provider)
        if option and source.schema == "file":
            flags += [option, str(source.path)]
    return flags


def _parameter(word: str) -> tuple[str, Any]:
    """Name and value of an override; a value that is a number as one, if it is written the same way."""
    name, _, text = word.partition("=")
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if str(value) == text:
            return name, value
    return name, text


def _plain(value: Any, *, resolve: bool = False) -> Any:
    """A container of OmegaConf as one of Python."""
    return OmegaConf.to_container(value, resolve=resolve) if OmegaConf.is_config(value) else value


def _json(value: Any) -> Any:
    """A value as JSON has it; None for what it has not."""
    value = value.item() if hasattr(value, "item") else value
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return None
    return value


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
