"""The run that an integration writes, and what all integrations share."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.project_settings.secrets import active_redactor
from sml_config.redaction import searched
from sml_config.run_folder import read_json, write_atomic
from sml_config.values import to_json
from sml_logger.errors import FrameworkNotInstalledError
from sml_logger.given_parameters import given_parameters
from sml_logger.logger import Logger


class Run:
    """A logger of the caller, or one that the first use creates with `options`, as `Logger` takes them.

    Parameters that come before the first metric are part of what names and signs the folder; later ones are
    added to those that the run has. A run that was created here ends with `close`, or with the process.
    """

    def __init__(self, logger: Logger | None, options: Mapping[str, Any]) -> None:
        if logger is not None and options:
            names = ", ".join(sorted(options))
            raise TypeError(f"invalid arguments {names}: they create a logger, and `logger` is one already")
        inspect.signature(Logger).bind(**options)  # a wrong name is an error now, not in the first row
        self._logger = logger
        self._is_own = logger is None
        self._options = dict(options)
        parameters = self._options.pop("parameters", None)
        self._parameters = {} if parameters is None else dict(given_parameters(parameters).values)

    @property
    def logger(self) -> Logger:
        """The logger, created by the first call."""
        if self._logger is None:
            self._logger = Logger(parameters=self._parameters or None, **self._options)
        return self._logger

    @property
    def folder(self) -> str:
        """The run folder."""
        return self.logger.output_dir

    def log(self, metrics: Mapping[str, Any], step: int | None = None, prefix: str = "") -> None:
        """Log those metrics that are numbers, in the row of the step; groups are joined by slashes."""
        known = dict(_numbers(metrics, prefix))
        if known:
            self.logger.log(known, step=step)

    def add_parameters(self, parameters: object, prefix: str = "") -> None:
        """Save further parameters of any kind of object; those of the same name are replaced."""
        new = given_parameters(parameters).values
        self._parameters.update({f"{prefix}{name}": value for name, value in new.items()})
        if self._logger is not None and self._logger._files is not None:
            self._save(self._logger)

    def close(self, error: str | None = None) -> None:
        """End a run that was created here; as failed if there is an error."""
        if self._is_own and self._logger is not None:
            if error is None:
                self._logger.close()
            else:
                self._logger.end("failed", error)

    def _save(self, logger: Logger) -> None:
        folder = RunFolder(Path(logger.output_dir))
        earlier = read_json(folder.parameters)
        if not isinstance(earlier, dict):
            given_parameters(self._parameters).save(folder, logger)
            return
        redactor = active_redactor()
        values = {name: searched(value, redactor) for name, value in self._parameters.items()}
        write_atomic(folder.parameters, to_json({**earlier, **values}))


def number(value: Any) -> float | int | None:
    """A value as a number: a scalar, or an array or tensor of one element; None if it is none."""
    if isinstance(value, (bool, int, float)):
        return value
    if getattr(value, "size", None) == 1 or getattr(value, "numel", lambda: 0)() == 1:
        item = value.item()
        return item if isinstance(item, (bool, int, float)) else None
    return None


def _numbers(metrics: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float | int]]:
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}/")
        elif (known := number(value)) is not None:
            yield f"{prefix}{name}", known


@contextlib.contextmanager
def needs(package: str) -> Iterator[None]:
    """Imports of a framework: what cannot be imported is an error with the command that installs it."""
    try:
        yield
    except ImportError as error:
        raise FrameworkNotInstalledError(
            f"this integration needs {package}, which cannot be imported ({error}); pip install {package}"
        ) from error
