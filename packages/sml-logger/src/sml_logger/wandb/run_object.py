"""`wandb.run`: one run folder behind W&B's interface."""

from __future__ import annotations

import enum
import operator
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from sml_config import RunFolder
from sml_config.project_settings.secrets import active_redactor
from sml_config.redaction import redacted
from sml_config.run_folder import update_json
from sml_config.run_record.record import record_run, save_parameters
from sml_logger.errors import SmlLoggerError

from . import saved_files
from .artifact import Artifact
from .environment import RunSettings
from .not_kept import UnsupportedError, tell, unsupported
from .parameters import Config, saved_values
from .summaries import Summary, saved_numbers
from .values import split

if TYPE_CHECKING:
    from sml_logger.logger import Logger

_NUMBERS = {float, int}


class AlertLevel(enum.Enum):
    """How serious an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Run:
    """A run that `init` has begun; without a logger (`mode="disabled"`) everything is dropped."""

    def __init__(
        self,
        logger: Logger | None,
        folder: RunFolder | None,
        settings: RunSettings,
        config: Any,
        on_end: Callable[[Run], None],
        *,
        first_step: int = 0,
    ) -> None:
        self._logger = logger
        self._settings = settings
        self._on_end = on_end
        self._step = self.starting_step = first_step
        self._axes: dict[str, dict[str, Any]] = {}
        self._copies: list[saved_files.SavedFiles] = []
        self._own_folder: str | None = None
        self._is_ended = False
        self.resumed = first_step > 0
        # None for a disabled run, and on ranks that write nothing.
        self._folder = folder
        self.summary = Summary(self._save_summary)
        self.config = Config(config, self._save_config)
        self._record()
        self._save_config(self.config.as_dict())

    @property
    def id(self) -> str:
        """The id of the run, the end of its folder's name."""
        return str(self._settings.id)

    @property
    def name(self) -> str:
        """The name, the beginning of the folder's name."""
        return str(self._settings.name)

    @property
    def project(self) -> str | None:
        """The folder of the run folder."""
        return self._settings.project

    @property
    def group(self) -> str | None:
        """The group, as recorded."""
        return self._settings.group

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, as recorded."""
        return self._settings.tags

    @property
    def notes(self) -> str | None:
        """The notes, as recorded."""
        return self._settings.notes

    @property
    def dir(self) -> str:
        """The folder for files of the run; for a disabled run a temporary one."""
        if self._folder is not None:
            folder = saved_files.folder_of(self._folder)
            folder.mkdir(exist_ok=True)
            return str(folder)
        if self._own_folder is None:
            self._own_folder = tempfile.mkdtemp(prefix="sml-logger-wandb-")
        return self._own_folder

    @property
    def step(self) -> int:
        """The step of the next call of `log` without one."""
        return self._step

    @property
    def url(self) -> None:
        """None: the run is on no server."""

    @property
    def disabled(self) -> bool:
        """Whether nothing is written."""
        return self._logger is None

    @property
    def offline(self) -> bool:
        """True: nothing is sent."""
        return True

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,  # noqa: ARG002  older scripts pass it
    ) -> None:
        """Log metrics and media of a step; without one, of the run's current step, which then ends.

        With `step` or `commit=False` the step goes on, and further calls add to its row. A step that is lower
        than one before it is a row like any other; W&B drops it. Nested mappings are joined by slashes.
        """
        if not isinstance(data, Mapping):
            raise SmlLoggerError(
                f"invalid data {data!r} for wandb.log; expected a mapping of names to values"
            )
        if self._logger is None:
            return
        at = self._step if step is None else _integer(step)
        commits = step is None if commit is None else bool(commit)
        if not _NUMBERS.issuperset(map(type, data.values())):
            data = split(self._logger, data, at)
        if data or commits:
            self._logger.log(data, step=at, commit=commits)
        self.summary.update_from(data)
        self._step = max(self._step, at + 1 if commits else at)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:  # noqa: ARG002
        """End the run: as finished, or as failed with an exit code that is not 0."""
        self.complete()
        if self._logger is None:
            return
        if exit_code:
            self._logger.end("failed", f"exit code {exit_code}", exit_code)
        else:
            self._logger.close()

    def complete(self) -> None:
        """Write what is only known at the end: the summary, and files that were saved before they changed."""
        if self._is_ended:
            return
        self._is_ended = True
        self._on_end(self)
        if self.summary:
            self._save_summary(self.summary.as_dict())
        for copy in self._copies:
            copy.again()

    def define_metric(
        self,
        name: str,
        step_metric: Any = None,
        step_sync: bool | None = None,  # noqa: ARG002
        hidden: bool | None = None,  # noqa: ARG002
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,  # noqa: ARG002
    ) -> DefinedMetric:
        """Record along which metric another is drawn, and what its summary is: min, max, mean, last, first.

        The x axis is a choice of whoever looks: every metric is a column.
        """
        axis = getattr(step_metric, "name", step_metric)
        self._axes[name] = {"step_metric": axis, "summary": summary}
        self.summary.define(name, summary, goal)
        self._record()
        return DefinedMetric(name)

    def watch(self, models: Any = None, *_: Any, **__: Any) -> list[Any]:
        """Report once that gradients and weights are not logged by themselves."""
        tell(
            "the gradients of wandb.watch",
            "log their norms, or a histogram with wandb.Histogram",
            self._logger,
        )
        return list(models) if isinstance(models, (list, tuple)) else [models]

    def unwatch(self, *_: Any, **__: Any) -> None:
        """Do nothing: no model is watched."""

    def save(self, glob_str: Any = None, base_path: Any = None, policy: str = "live") -> list[str]:
        """Copy files that match a pattern into the run folder, below `files/`; returns the copies.

        Except with `policy="now"`, they are copied once more when the run ends.
        """
        if glob_str is None or self._folder is None:
            return []
        copy = saved_files.SavedFiles(self._folder, glob_str, base_path)
        written = copy.again()
        if policy != "now":
            self._copies.append(copy)
        return written

    def alert(self, title: str, text: str = "", level: Any = None, wait_duration: Any = None) -> None:  # noqa: ARG002
        """Log an alert and send it to the addresses of ALERT_TO, see `Logger.alert`."""
        if self._logger is not None:
            self._logger.alert(title, text, level or "info")

    def log_artifact(self, artifact_or_path: Any, *_: Any, **named: Any) -> Any:
        """Record a model as a checkpoint; report once that other artifacts are not kept."""
        kind = named.get("type") or getattr(artifact_or_path, "type", None)
        paths = getattr(artifact_or_path, "paths", None) or [artifact_or_path]
        if kind == "model":
            for path in paths:
                self.log_model(path)
        else:
            tell("an artifact", "copy its files with wandb.save, or keep them where they are", self._logger)
        return artifact_or_path

    def log_model(self, path: Any, *_: Any, **__: Any) -> None:
        """Record a file or folder as a checkpoint of the current step."""
        if self._logger is not None and isinstance(path, (str, Path)) and Path(path).exists():
            self._logger.checkpoint(path, self._step)

    def use_artifact(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedError."""
        unsupported("use_artifact", "read the file by its path")

    def log_code(self, *_: Any, **__: Any) -> None:
        """Do nothing: every run has an archive of the code."""

    def mark_preempting(self) -> None:
        """Do nothing: the state of a run is known from its process."""

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.complete()
        if self._logger is not None:
            self._logger.__exit__(kind, error, traceback)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"a run of sml_logger.wandb has no {name!r}; leave it out")

    def _save_config(self, values: dict[str, Any]) -> None:
        if self._folder is not None:
            redactor = active_redactor()
            shown = {name: redacted(name, value, redactor) for name, value in saved_values(values).items()}
            save_parameters(self._folder, shown, self.name, ())

    def _save_summary(self, values: dict[str, Any]) -> None:
        if self._folder is not None:
            update_json(self._folder.run_config, summary=saved_numbers(values))

    def _record(self) -> None:
        if self._folder is not None:
            given = self._settings
            record_run(
                self._folder,
                wandb={
                    "id": given.id,
                    "name": given.name,
                    "project": given.project,
                    "group": given.group,
                    "job_type": given.job_type,
                    "tags": list(given.tags),
                    "notes": given.notes,
                    "metrics": self._axes,
                },
            )


class DefinedMetric:
    """What `define_metric` returns; it can be the `step_metric` of others."""

    def __init__(self, name: str) -> None:
        self.name = name


def _integer(step: Any) -> int:
    try:
        return operator.index(step)
    except TypeError:
        pass
    if hasattr(step, "item") or (isinstance(step, float) and step.is_integer()):
        return int(step)
    raise SmlLoggerError(f"invalid step {step!r}; expected an integer")


__all__ = ["AlertLevel", "Artifact", "DefinedMetric", "Run", "UnsupportedError"]
